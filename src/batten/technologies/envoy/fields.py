"""Places in an Envoy configuration, whether something is written there or not.

Envoy reads YAML and JSON as protobuf's JSON mapping: a field may be named in snake_case or lowerCamelCase,
and null is the default. https://protobuf.dev/programming-guides/json/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from batten.formats.paths import Path
from batten.formats.tree import Mapping, Node, Scalar, Sequence
from batten.model import ABSENT, UNKNOWN, Absent, Kind, Location, Setting, Span, Unknown
from batten.model.record import record

# What something else fills in before Envoy reads it: envsubst, templates, placeholders of deployment tools.
_TEMPLATE = re.compile(r"\$\{|\$\(|\{\{|<%|__\w+__|@@\w+@@|^\$\w+$")
_TIME = re.compile(r"(\d+(?:\.\d+)?)s")


def templated(text: str) -> bool:
    return bool(_TEMPLATE.search(text))


@record
class Field:
    """`node` is None, and `span` that of the nearest thing above, where nothing is written. `path` is where
    it is, or would be, in `root`, its document's tree."""

    source: str
    pointer: str
    node: Node | None
    span: Span
    path: Path
    root: Node

    def __getitem__(self, key: str | int) -> Field:
        if isinstance(self.node, Mapping) and isinstance(key, str):
            for name in (key, _camel(key)):
                entry = self.node.entry(name)
                if entry is not None:
                    return self._below(key, name, entry.value, entry.alias or entry.value.span)
        elif isinstance(self.node, Sequence) and isinstance(key, int) and key < len(self.node.items):
            node = self.node.items[key]
            return self._below(key, key, node, self.node.aliases.get(key, node.span))
        return self._below(key, key, None, self.span)

    def _below(self, key: str | int, written: str | int, node: Node | None, span: Span) -> Field:
        return Field(self.source, f"{self.pointer}/{key}", node, span, (*self.path, written), self.root)

    def of(self, *keys: str) -> Field:
        """The field at the end of a path."""
        found = self
        for key in keys:
            found = found[key]
        return found

    def named(self, pointer: str) -> Field:
        return Field(self.source, pointer, self.node, self.span, self.path, self.root)

    def __bool__(self) -> bool:
        """Whether a value is written; null is none."""
        return self.node is not None and not (isinstance(self.node, Scalar) and self.node.value is None)

    @property
    def text(self) -> str:
        """A scalar as a word; "" for anything else."""
        return self.node.text if self and isinstance(self.node, Scalar) else ""

    @property
    def known(self) -> bool:
        """Whether the value is said here, not by a variable or a template."""
        return not templated(self.text)

    @property
    def type(self) -> str:
        """The message that an Any holds: "envoy.config.listener.v3.Listener"; "" where none is said."""
        return self["@type"].text.rpartition("/")[2]

    @property
    def key(self) -> str:
        """The name it has where it is, in snake_case; a list's for its items."""
        words = [p for p in self.path if isinstance(p, str)]
        return snake(words[-1]) if words else ""

    @property
    def here(self) -> Location:
        return Location(self.source, self.pointer, self.span)

    @property
    def block(self) -> Location:
        return Location(self.source, self.pointer, self.span, kind=Kind.BLOCK)

    @property
    def at(self) -> Location:
        """The value's own place, or the block that lacks it."""
        return self.here if self else self.block

    def items(self) -> Iterator[Field]:
        """The items of a list; one that has a `name`, or names a header, is pointed at by it."""
        for number in range(len(self.node.items) if isinstance(self.node, Sequence) else 0):
            yield self._item(number)

    def _item(self, number: int) -> Field:
        item = self[number]
        header = item.of("header", "key") or item.of("append", "header", "key")
        return item.named(f"{self.pointer}[{item['name'].text or header.text or number}]")

    def entries(self) -> Iterator[tuple[str, Field]]:
        for entry in self.node if isinstance(self.node, Mapping) else ():
            key = entry.key.text
            yield key, self[key].named(f"{self.pointer}[{key}]")

    def around(self, span: Span) -> Field | None:
        """The item, or the value of the entry, in which a place lies."""
        if isinstance(self.node, Sequence):
            number = self.node.around(span)
            return self._item(number) if number is not None else None
        entry = self.node.around(span) if isinstance(self.node, Mapping) else None
        return self[entry.key.text].named(f"{self.pointer}[{entry.key.text}]") if entry is not None else None

    def walk(self) -> Iterator[Field]:
        """This and everything below it."""
        waiting = [self]
        while waiting:
            found = waiting.pop()
            yield found
            waiting += [f for _, f in found.entries()] or list(found.items())

    def flag(self, default: bool | Unknown = False) -> Setting[bool]:
        """A boolean, or a message that wraps one."""
        if not self:
            return Setting(ABSENT, self.block, default)
        word = self.text.lower()
        value = {"true": True, "false": False}.get(word, UNKNOWN)
        return Setting(value, self.here)

    def word(self, default: str | Absent | Unknown = ABSENT) -> Setting[str]:
        if not self:
            return Setting(ABSENT, self.block, default)
        return Setting(self.text if self.known else UNKNOWN, self.here)

    def seconds(self, default: float | Absent = ABSENT) -> Setting[float]:
        """A duration: "0.25s"."""
        if not self:
            return Setting(ABSENT, self.block, default)
        found = _TIME.fullmatch(self.text)
        return Setting(float(found[1]) if found else UNKNOWN, self.here)

    def number(self) -> Setting[int]:
        if not self:
            return Setting(ABSENT, self.block)
        return Setting(int(self.text) if self.text.isdigit() and len(self.text) < 19 else UNKNOWN, self.here)


@lru_cache(2000)
def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


def snake(name: str) -> str:
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()

"""A place in a YAML or JSON configuration, whether something is written there or not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self, TypeVar

from batten.formats.paths import Path
from batten.formats.tree import Entry, Mapping, Node, Scalar, Sequence
from batten.model import ABSENT, Absent, Kind, Location, Setting, Span, Unknown
from batten.model.record import record

T = TypeVar("T")


class Place:
    """Where something is, or would be: the locations and the settings that it makes."""

    __slots__ = ()
    source: str
    pointer: str
    span: Span

    def __getitem__(self, key: str) -> Self:
        raise NotImplementedError

    def of(self, *keys: str) -> Self:
        """The place at the end of a path."""
        found = self
        for key in keys:
            found = found[key]
        return found

    @property
    def here(self) -> Location:
        """The value's own place."""
        return Location(self.source, self.pointer, self.span)

    @property
    def block(self) -> Location:
        """The thing that something below it is missing from."""
        return Location(self.source, self.pointer, self.span, kind=Kind.BLOCK)

    @property
    def exists(self) -> bool:
        """Whether a value is written."""
        raise NotImplementedError

    def setting(
        self, value: T | Unknown, default: T | Absent | Unknown = ABSENT, at: Location | None = None
    ) -> Setting[T]:
        """The value; where none is written, ABSENT in the block that lacks it, or `at` a place to write it to."""
        return Setting(value, self.here) if self.exists else Setting(ABSENT, at or self.block, default)


@record
class Field(Place):
    """`node` is None, and `span` that of the nearest thing above, where nothing is written. `path` is where
    it is, or would be, in `root`, its document's tree."""

    source: str
    pointer: str
    path: Path
    node: Node | None
    span: Span
    root: Node

    def __getitem__(self, key: str | int) -> Self:
        """The field below; of a list by number."""
        if isinstance(self.node, Mapping) and isinstance(key, str):
            entry = self._entry(self.node, key)
            if entry is not None:
                return self._below(key, entry.key.text, entry.value, entry.alias or entry.value.span, entry)
        elif isinstance(self.node, Sequence) and isinstance(key, int) and key < len(self.node.items):
            node = self.node.items[key]
            return self._below(key, key, node, self.node.aliases.get(key, node.span), None)
        return self._below(key, key, None, self.span, None)

    def _entry(self, holder: Mapping, key: str) -> Entry | None:
        """A format that spells names in two ways overrides this."""
        return holder.entry(key)

    def _below(
        self, key: str | int, written: str | int, node: Node | None, span: Span, entry: Entry | None
    ) -> Self:
        return type(self)(self.source, f"{self.pointer}/{key}", (*self.path, written), node, span, self.root)

    def named(self, pointer: str) -> Self:
        """The same field under another pointer."""
        return type(self)(self.source, pointer, self.path, self.node, self.span, self.root)

    @property
    def exists(self) -> bool:
        """Whether a value is written; null is none."""
        return self.node is not None and not (isinstance(self.node, Scalar) and self.node.value is None)

    @property
    def text(self) -> str:
        """A scalar as a word; "" for anything else."""
        return self.node.text if isinstance(self.node, Scalar) and self.node.value is not None else ""

    @property
    def key(self) -> str:
        """The last key above it; of an item of a list, the list's."""
        return next((k for k in reversed(self.path) if isinstance(k, str)), "")

    @property
    def at(self) -> Location:
        """The value's own place, or the block that lacks it."""
        return self.here if self.exists else self.block

    @property
    def truth(self) -> bool | None:
        """What a scalar says of something that is on or off; None for anything else."""
        return {"true": True, "false": False}.get(self.text.lower())

    def items(self) -> Iterator[Self]:
        """The items of a list, each pointed at by its name, where it has one."""
        for number in range(len(self.node.items) if isinstance(self.node, Sequence) else 0):
            yield self._item(number)

    def _item(self, number: int) -> Self:
        item = self[number]
        return item.named(f"{self.pointer}[{item.called or number}]")

    @property
    def called(self) -> str:
        """What an item of a list is pointed at by; "" for its number."""
        return self["name"].text

    def entries(self) -> Iterator[tuple[str, Self]]:
        """Keys and values of a mapping, each pointed at by its key."""
        for entry in self.node if isinstance(self.node, Mapping) else ():
            yield entry.key.text, self._value(entry.key.text)

    def _value(self, key: str) -> Self:
        return self[key].named(f"{self.pointer}[{key}]")

    def around(self, span: Span | None) -> Self | None:
        """The item, or the value of the entry, in which a place lies."""
        if span is None:
            return None
        if isinstance(self.node, Sequence):
            number = self.node.around(span)
            return self._item(number) if number is not None else None
        entry = self.node.around(span) if isinstance(self.node, Mapping) else None
        return self._value(entry.key.text) if entry is not None else None


def whole(source: str, root: Node) -> Field:
    """A document as a field."""
    return Field(source, "", (), root, root.span, root)

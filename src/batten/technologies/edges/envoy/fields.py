"""Places in an Envoy configuration, whether something is written there or not.

Envoy reads YAML and JSON as protobuf's JSON mapping: a field may be named in snake_case or lowerCamelCase,
and null is the default. https://protobuf.dev/programming-guides/json/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from batten.formats.tree import Entry, Mapping
from batten.model import ABSENT, UNKNOWN, Absent, Setting, Unknown
from batten.model.record import record
from batten.technologies.shared.text import fields

# What something else fills in before Envoy reads it: envsubst, templates, placeholders of deployment tools.
_TEMPLATE = re.compile(r"\$\{|\$\(|\{\{|<%|__\w+__|@@\w+@@|^\$\w+$")
_TIME = re.compile(r"(\d+(?:\.\d+)?)s")


def templated(text: str) -> bool:
    return bool(_TEMPLATE.search(text))


@record
class Field(fields.Field):
    """A field of a message; null is the default."""

    def _entry(self, holder: Mapping, key: str) -> Entry | None:
        return holder.entry(key) or holder.entry(_camel(key))

    def __bool__(self) -> bool:
        return self.exists

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
    def called(self) -> str:
        """Its name, or that of the header it is about."""
        header = self.of("header", "key") or self.of("append", "header", "key")
        return self["name"].text or header.text

    def walk(self) -> Iterator[Field]:
        """This and everything below it."""
        waiting = [self]
        while waiting:
            found = waiting.pop()
            yield found
            waiting += [f for _, f in found.entries()] or list(found.items())

    def flag(self, default: bool | Unknown = False) -> Setting[bool]:
        """A boolean, or a message that wraps one."""
        return self.setting(UNKNOWN if self.truth is None else self.truth, default)

    def word(self, default: str | Absent | Unknown = ABSENT) -> Setting[str]:
        return self.setting(self.text if self.known else UNKNOWN, default)

    def seconds(self, default: float | Absent = ABSENT) -> Setting[float]:
        """A duration: "0.25s"."""
        found = _TIME.fullmatch(self.text)
        return self.setting(float(found[1]) if found else UNKNOWN, default)

    def number(self) -> Setting[int]:
        return self.setting(int(self.text) if self.text.isdigit() and len(self.text) < 19 else UNKNOWN)


@lru_cache(2000)
def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


def snake(name: str) -> str:
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()

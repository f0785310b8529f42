"""One shape for YAML, JSON and TOML trees: scalars, sequences and mappings, each with its span."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from batten.model import Span


@dataclass(slots=True)
class Scalar:
    """`value` is what the format makes of the text: str, int, float, bool or None."""

    value: str | int | float | bool | None
    span: Span
    style: str = ""  # "", "'", '"', "|", ">": how it is quoted
    tag: str = ""  # an explicit YAML tag: "!Ref"

    def plain(self) -> Plain:
        return self.value

    @property
    def text(self) -> str:
        """The value as configuration people write it: true, false, null, 1, words."""
        match self.value:
            case None:
                return "null"
            case bool():
                return "true" if self.value else "false"
            case _:
                return str(self.value)


@dataclass(slots=True)
class Sequence:
    items: list[Node]
    span: Span
    flow: bool = False
    tag: str = ""
    aliases: dict[int, Span] = field(default_factory=dict)  # where an item is written as `*name`

    def written(self, number: int) -> Span:
        """Where an item stands in the list, itself or as the alias for it."""
        return self.aliases.get(number) or self.items[number].span

    def around(self, span: Span) -> int | None:
        """The number of the item in which a span lies."""
        at = bisect_right(range(len(self.items)), span.start, key=lambda n: self.written(n).start) - 1
        return at if at >= 0 and span.end <= self.written(at).end else None

    def plain(self) -> Plain:
        return [item.plain() for item in self.items]

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


@dataclass(slots=True)
class Entry:
    """A key and its value; `span` covers both.

    `alias` is where the value is written as `*name`; the value itself keeps the span of its anchor.
    `merged` entries come from `<<` and keep the spans they have there.
    """

    key: Scalar
    value: Node
    alias: Span | None = None
    merged: bool = False

    @property
    def span(self) -> Span:
        return Span(self.key.span.start, (self.alias or self.value.span).end)


def _start(entry: Entry) -> int:
    return entry.key.span.start


@dataclass(slots=True)
class Mapping:
    """Entries in file order. A key that stands twice is a SyntaxProblem of the parser's."""

    entries: dict[str, Entry]
    span: Span
    flow: bool = False
    tag: str = ""
    _ordered: tuple[int, list[Entry], list[Entry]] | None = field(default=None, compare=False, repr=False)

    def around(self, span: Span) -> Entry | None:
        """The entry in which a span lies; one that is merged when both hold it."""
        if self._ordered is None or self._ordered[0] != len(self.entries):
            both = sorted(self.entries.values(), key=_start)
            own, merged = [e for e in both if not e.merged], [e for e in both if e.merged]
            self._ordered = (len(both), own, merged)
        for entries in self._ordered[:0:-1]:
            at = bisect_right(entries, span.start, key=_start)
            if at and span.end <= entries[at - 1].span.end:
                return entries[at - 1]
        return None

    def plain(self) -> Plain:
        return {key: entry.value.plain() for key, entry in self.entries.items()}

    def __getitem__(self, key: str) -> Node | None:
        entry = self.entries.get(key)
        return entry.value if entry else None

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries.values())

    def entry(self, key: str) -> Entry | None:
        return self.entries.get(key)

    def mapping(self, key: str) -> Mapping | None:
        node = self[key]
        return node if isinstance(node, Mapping) else None

    def sequence(self, key: str) -> Sequence | None:
        node = self[key]
        return node if isinstance(node, Sequence) else None

    def scalar(self, key: str) -> Scalar | None:
        node = self[key]
        return node if isinstance(node, Scalar) else None

    def text(self, key: str) -> str | None:
        node = self[key]
        return node.text if isinstance(node, Scalar) and node.value is not None else None


Node: TypeAlias = Scalar | Sequence | Mapping
Plain: TypeAlias = str | int | float | bool | list["Plain"] | dict[str, "Plain"] | None


def plain(node: Node) -> Plain:
    """The Python value of a subtree, for a schema validator; aliases and merges are written out."""
    return node.plain()


def key_path(root: Node | None, *keys: str) -> Node | None:
    """Follow mapping keys down from `root`; None where one is missing."""
    node = root
    for key in keys:
        if not isinstance(node, Mapping):
            return None
        node = node[key]
    return node


def node_at(root: Node, path: tuple[str | int, ...]) -> Node | None:
    """What stands at a path of keys and numbers; None where nothing does."""
    node: Node | None = root
    for part in path:
        if isinstance(node, Mapping):
            node = node[str(part)]
        elif isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
            node = node.items[part]
        else:
            return None
    return node

"""Values of templates, each knowing the line of values.yaml that decides it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from collections.abc import Sequence as Sequenced
from dataclasses import dataclass
from typing import TypeAlias

from batten.formats import Mapping, Node, Scalar, Sequence
from batten.model import UNKNOWN, Span, Unknown
from batten.model.record import record
from batten.technologies.orchestration.helm.numbers import Int64, shortest
from batten.technologies.shared.rendering.text import HOLE

Origin: TypeAlias = tuple[str, Span]
Data: TypeAlias = "str | int | float | bool | Unknown | Method | dict[str, Value] | list[Value] | None"
MOST_VALUES = 50_000  # that one holds
# Go's YAML reader takes YAML 1.1's words and octal numbers: https://pkg.go.dev/sigs.k8s.io/yaml
_WORDS = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF"), False),
}
_OCTAL = re.compile(r"0[0-7]{1,20}\Z")
_SCORED = re.compile(r"[-+]?[0-9][0-9_]{1,20}\Z")
_LARGEST = 1e300


@record
class Chunk:
    """A run of text that an action makes. `block`: it stands on lines of its own, indented by so much."""

    text: str
    origin: Origin | None = None
    unknown: bool = False
    block: int = -1


@record
class Method:
    """A function that belongs to a value, such as `.Files.Get`."""

    name: str
    call: Callable[[Sequenced[Value]], Value]


@dataclass(slots=True)
class Value:
    data: Data
    origin: Origin | None = None
    made: tuple[Chunk, ...] | None = None  # of text: what its parts come from
    size: int = 1  # with all that it holds
    methods: tuple[Method, ...] = ()

    @property
    def unknown(self) -> bool:
        return self.data is UNKNOWN

    @property
    def vague(self) -> bool:
        """Whether a part of it is not known."""
        return self.data is UNKNOWN or (isinstance(self.data, str) and HOLE in self.data)

    @property
    def true(self) -> bool:
        """Truth as Go's templates have it."""
        return bool(self.data)

    @property
    def text(self) -> str:
        return "".join(c.text for c in self.chunks())

    def chunks(self) -> tuple[Chunk, ...]:
        """How the value is printed."""
        if self.made is not None:
            return self.made
        if isinstance(self.data, Unknown):
            return (Chunk(HOLE, None, True),)
        return (Chunk("" if self.data is None else printed(self.data), self.origin, self.vague),)

    def weighed(self) -> Value:
        """The same, its size counted from those of what it holds."""
        if isinstance(self.data, (dict, list)):
            held = self.data.values() if isinstance(self.data, dict) else self.data
            self.size = 1 + sum(v.size for v in held)
        return self

    def plain(self) -> object:
        match self.data:
            case dict():
                return {k: v.plain() for k, v in self.data.items()}
            case list():
                return [v.plain() for v in self.data]
            case Unknown():
                return HOLE
            case _:
                return self.data


NIL = Value(None)
UNKNOWN_VALUE = Value(UNKNOWN)
VAGUE = Value(HOLE, None, (Chunk(HOLE, None, True),))
"""Some text, such as a random password: not known, but not empty either."""


def heavy(value: Value) -> bool:
    """Whether a value holds more than MOST_VALUES, counted as often as they would be printed."""
    open_, count = [value], 0
    while open_ and count <= MOST_VALUES:
        data = open_.pop().data
        count += 1
        if isinstance(data, dict):
            open_ += data.values()
        elif isinstance(data, list):
            open_ += data
    return count > MOST_VALUES


def printed(data: Data) -> str:
    """A value as Go's %v writes it.

    Source: https://pkg.go.dev/fmt
    """
    match data:
        case None:
            return "<nil>"
        case bool():
            return "true" if data else "false"
        case float():
            return shortest(data, 6)
        case dict():
            return "map[" + " ".join(f"{k}:{_inner(v)}" for k, v in sorted(data.items())) + "]"
        case list():
            return "[" + " ".join(_inner(v) for v in data) + "]"
        case Unknown():
            return HOLE
        case _:
            return str(data)


def _inner(value: Value) -> str:
    return printed(value.data)


def value_of(node: Node, source: str | None, text: str) -> Value:
    """The value of a tree of `text`, with its places in the file `source`; without any where it is None."""
    origin = (source, node.span) if source is not None else None
    match node:
        case Mapping():
            return Value({_key(e.key): value_of(e.value, source, text) for e in node}, origin).weighed()
        case Sequence():
            return Value([value_of(item, source, text) for item in node], origin).weighed()
        case Scalar():
            return Value(_scalar(node, text), origin)


def _key(key: Scalar) -> str:
    known = _WORDS.get(key.text) if not key.style else None
    return key.text if known is None else ("true" if known else "false")


def _scalar(node: Scalar, text: str) -> Data:
    """As JSON has it, which Go's reader makes of YAML first: every number is a float."""
    value = node.value
    if value is None or isinstance(value, bool) or node.style or node.tag:
        return value
    written = text[node.span.start : node.span.end]
    if isinstance(value, str):
        found = _WORDS.get(value)
        scored = found is None and _SCORED.match(written)
        return float(written.replace("_", "")) if scored else (value if found is None else found)
    if _OCTAL.match(written):
        return float(int(written, 8))
    return float(value) if abs(value) < _LARGEST else str(value)


def overlaid(base: Value, over: Value, *, keep: bool = False) -> Value:
    """`over` laid over `base`, mapping by mapping; a null takes the key away, or is kept for what this is laid over."""
    if not isinstance(base.data, dict) or not isinstance(over.data, dict):
        return over
    table = dict(base.data)
    for key, value in over.data.items():
        if value.data is None and key in table and not keep:
            del table[key]
        else:
            table[key] = overlaid(table[key], value, keep=keep) if key in table else value
    return Value(table, over.origin or base.origin).weighed()


def without_nulls(value: Value) -> Value:
    """A null in a mapping says that there is no such key."""
    if not isinstance(value.data, dict):
        return value
    held = {k: without_nulls(v) for k, v in value.data.items() if v.data is not None}
    return Value(held, value.origin).weighed()


def copied(value: Value) -> Value:
    """A value of the same contents whose tables and lists are its own."""
    match value.data:
        case dict():
            return Value({k: copied(v) for k, v in value.data.items()}, value.origin, size=value.size)
        case list():
            return Value([copied(v) for v in value.data], value.origin, size=value.size)
        case _:
            return value


def strings(values: Sequenced[Value]) -> Iterator[str]:
    return (v.text for v in values)


def wrapped(data: object) -> Value:
    """A value of plain data."""
    match data:
        case dict():
            return Value({str(k): wrapped(v) for k, v in data.items()}).weighed()
        case list() | tuple():
            return Value([wrapped(v) for v in data]).weighed()
        case None | bool() | Int64() | int() | float() | str():
            return Value(data)
        case _:
            return UNKNOWN_VALUE

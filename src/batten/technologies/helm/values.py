"""Values of templates, each knowing the line of values.yaml that decides it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from batten.formats import Mapping, Node, Scalar, Sequence
from batten.formats.yaml_edits import source_of
from batten.model import UNKNOWN, Span, Unknown
from batten.model.record import record
from batten.technologies._rendering.text import HOLE

Origin: TypeAlias = tuple[str, Span]
Data: TypeAlias = "str | int | float | bool | Unknown | dict[str, Value] | list[Value] | None"


@record
class Chunk:
    """A run of text that an action makes. `block`: it stands on lines of its own, indented by so much."""

    text: str
    origin: Origin | None = None
    unknown: bool = False
    block: int = -1


@dataclass(slots=True)
class Value:
    data: Data
    origin: Origin | None = None
    made: tuple[Chunk, ...] | None = None  # of text: what its parts come from
    size: int = 1  # with all that it holds

    @property
    def unknown(self) -> bool:
        return self.data is UNKNOWN

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
        return (Chunk(_printed(self.data), self.origin),)

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


def _printed(data: Data) -> str:
    match data:
        case None:
            return ""
        case bool():
            return "true" if data else "false"
        case float():
            return str(int(data)) if data == int(data) and abs(data) < 1e15 else repr(data)
        case dict():
            return "map[" + " ".join(f"{k}:{v.text}" for k, v in sorted(data.items())) + "]"
        case list():
            return "[" + " ".join(v.text for v in data) + "]"
        case _:
            return str(data)


def value_of(node: Node, source: str) -> Value:
    match node:
        case Mapping():
            return Value({e.key.text: value_of(e.value, source) for e in node}, (source, node.span)).weighed()
        case Sequence():
            return Value([value_of(item, source) for item in node], (source, node.span)).weighed()
        case Scalar():
            return Value(node.value, (source, node.span))


def overlaid(base: Value, over: Value) -> Value:
    """`over` laid over `base`, mapping by mapping; a null takes the key away."""
    if not isinstance(base.data, dict) or not isinstance(over.data, dict):
        return over
    table = dict(base.data)
    for key, value in over.data.items():
        if value.data is None and key in table:
            del table[key]
        else:
            table[key] = overlaid(table[key], value) if key in table else value
    return Value(table, over.origin or base.origin).weighed()


def yaml_chunks(value: Value, indent: int = 0) -> Iterator[Chunk]:
    """The value as YAML, as toYaml writes it: keys in order, lists not indented below their key."""
    pad = " " * indent
    if isinstance(value.data, dict) and value.data:
        for number, key in enumerate(sorted(value.data)):
            below = value.data[key]
            yield Chunk(("\n" + pad if number else "") + source_of(key) + ":", below.origin, below.unknown)
            yield from _below(below, indent)
    elif isinstance(value.data, list) and value.data:
        for number, item in enumerate(value.data):
            yield Chunk(("\n" + pad if number else "") + "- ", item.origin)
            yield from yaml_chunks(item, indent + 2)
    else:
        yield _scalar(value)


def _below(below: Value, indent: int) -> Iterator[Chunk]:
    if isinstance(below.data, (dict, list)) and below.data:
        deeper = indent + 2 if isinstance(below.data, dict) else indent
        yield Chunk("\n" + " " * deeper, below.origin)
        yield from yaml_chunks(below, deeper)
    else:
        yield Chunk(" ")
        yield _scalar(below)


def _scalar(value: Value) -> Chunk:
    match value.data:
        case Unknown():
            return Chunk(HOLE, None, True)
        case dict():
            return Chunk("{}", value.origin)
        case list():
            return Chunk("[]", value.origin)
        case str() if "\n" in value.data:
            return Chunk(json.dumps(value.data, ensure_ascii=False), value.origin)
        case float():
            return Chunk(_printed(value.data), value.origin)
        case _:
            return Chunk(source_of(value.data), value.origin)

"""Schemas compiled to readers: Lua that judges a text while it reads it, and makes no value of what it need not keep.

A reader `P[n](s, i, b, d)` is given a text, a place in it, the byte there and how deep that is; it returns the place
behind the value, or raises. Schemas that ask more than one look can tell are read as values, and asked with `F`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from batten.guard.lua import exactness, text
from batten.guard.lua.formats import GRAMMARS, RANGES
from batten.guard.lua.graph import Graph
from batten.guard.lua.parts import Parts
from batten.guard.lua.text import indented, number, quoted

Schema = Any
MOST_NAMED = 24  # members that have a variable each; more are looked up in a table
KINDS = ("string", "number", "integer", "boolean", "null", "object", "array")
_TOLD = frozenset((
    "type", "minLength", "maxLength", "pattern", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "multipleOf", "properties", "required", "additionalProperties", "minProperties", "maxProperties", "items", "minItems", "maxItems",
))  # fmt: skip


class Compiling(Protocol):
    parts: Parts
    graph: Graph

    def called(self, schema: Schema, value: str) -> str:
        """A condition: whether `value` is valid."""

    def of_numbers(self, schema: dict[str, Any], large: bool) -> Iterator[str]:
        """Statements about a number `v`."""


class Readers:
    """Of one compilation."""

    def __init__(self, compilation: Compiling) -> None:
        self.compilation = compilation
        self._numbers: dict[int, int] = {}
        self._begun: set[int] = set()

    def reader(self, schema: Schema) -> str:
        """The name of a function."""
        schema = self.compilation.graph.meant(schema)
        if self.compilation.called(schema, "v") == "true":
            return "R.any"
        if not isinstance(schema, dict):
            return "R.no"
        if not exactness.ASKED & schema.keys() - {"type"} and str(schema["type"]) in _SIMPLE:
            return _SIMPLE[schema["type"]]
        return f"P[{self._numbers.get(id(schema)) or self._made(schema)}]"

    def _made(self, schema: dict[str, Any]) -> int:
        key, readers = id(schema), self.compilation.parts.readers
        if key in self._begun:  # it calls itself
            self._numbers[key] = readers.reserved()
        else:
            self._begun.add(key)
            self._numbers[key] = readers.placed(list(self._body(schema)), self._numbers.get(key))
        return self._numbers[key]

    def _body(self, schema: dict[str, Any]) -> Iterator[str]:
        # What a value must be if it is not null, as the dialect writes `nullable`; None for any other schema.
        branches = schema.get("anyOf", ())
        if (
            exactness.ASKED & schema.keys() != {"anyOf"}
            or len(branches) != 2
            or branches[0] != {"type": "null"}
        ):
            or_null = None
        else:
            or_null = branches[1]
        values, beside_null = _texts(schema), or_null
        if beside_null is not None:
            yield "if b == 110 then return R.literal(s, i, b) end"
            yield f"return {self.reader(beside_null)}(s, i, b, d)"
        elif values:
            if "null" in _kinds(schema) and None in schema.get("enum", ()):
                yield "if b == 110 then return R.literal(s, i, b) end"
            yield "if b ~= 34 then no() end"
            yield "local ends = plain(s, i + 1)"
            yield f"if ends and {self.compilation.parts.constant(text.names(values))}[sub(s, i + 1, ends - 1)] then return ends + 1 end"
            yield from self._whole(schema)
        elif id(schema) in self.compilation.graph.cyclic or not exactness.ASKED & schema.keys() <= _TOLD:
            yield from self._whole(schema)
        else:
            kinds = _kinds(schema)
            last = kinds[-1:]
            if not kinds:
                yield "no()"
            for kind in kinds:
                lines = list(self._of_kind(schema, kind))
                begins = _BEGINS[kind]
                if (kind,) == last:
                    yield from (f"if not ({begins}) then no() end", *lines)
                else:
                    yield from (f"if {begins} then", *indented(lines), "end")

    def _whole(self, schema: Schema) -> Iterator[str]:
        """As a value."""
        yield "local v, after = R.value(s, i, b, d)"
        yield f"if not {self.compilation.called(schema, 'v')} then no() end"
        yield "return after"

    def _of_kind(self, schema: dict[str, Any], kind: str) -> Iterator[str]:
        match kind:
            case "string":
                checks = [*self._sizes(schema), *self._forms(schema)]
                if not checks:
                    yield "return R.string(s, i, b)"
                else:
                    yield "local ends = plain(s, i + 1)"
                    yield "if ends then"
                    yield from indented(checks)
                    yield "  return ends + 1"
                    yield "end"
                    yield from self._whole(schema)
            case "number" | "integer":
                checks = list(self.compilation.of_numbers(schema, False))
                if kind == "number" and not checks:
                    yield "return R.numeral(s, i, b)"
                else:
                    yield "local v, after = R.number(s, i, b)"
                    yield 'if type(v) == "number" then'
                    if kind == "integer":
                        yield "  if v % 1 ~= 0 then no() end"
                    yield from (f"  {line.replace('return false', 'no()')}" for line in checks)
                    large = list(self.compilation.of_numbers(schema, True))
                    if large:
                        yield "else"
                        yield from (f"  {line.replace('return false', 'no()')}" for line in large)
                    yield "end"
                    yield "return after"
            case "object":
                yield from _Members(self, schema).lines()
            case "array":
                item = self.reader(schema.get("items", True))
                counted = [*_counted(schema, "Items")]
                yield "if d >= 100 then no() end"
                if counted:
                    yield "local n = 0"
                yield "i, b = first_item(s, i + 1)"
                yield "while b do"
                if counted:
                    yield "  n = n + 1"
                yield f"  i, b = next_item(s, {item}(s, i, b, d + 1))"
                yield "end"
                yield from counted
                yield "return i"
            case _:
                yield "return R.literal(s, i, b)"

    def _sizes(self, schema: dict[str, Any]) -> Iterator[str]:
        if "maxLength" in schema:
            yield f"if ends - i - 1 > {number(schema['maxLength'])} then no() end"
        if schema.get("minLength"):
            yield f"if ends - i - 1 < {number(schema['minLength'])} then no() end"

    def _forms(self, schema: dict[str, Any]) -> Iterator[str]:
        parts = self.compilation.parts
        if "pattern" in schema and not exactness.objection(schema["pattern"]):
            yield f"if not R.found({parts.matcher(schema['pattern'])}, s, i + 1, ends - 1) then no() end"
        name = schema.get("format")
        if isinstance(name, str) and name in GRAMMARS:
            yield f"if not R.found({parts.matcher(f'^(?:{GRAMMARS[name]})$')}, s, i + 1, ends - 1) then no() end"
            if name in RANGES:
                yield f"do local v = sub(s, i + 1, ends - 1); if not ({RANGES[name]}) then no() end end"


class _Members:
    """An object, read member by member."""

    def __init__(self, readers: Readers, schema: dict[str, Any]) -> None:
        self.readers, self.schema = readers, schema
        further = schema.get("additionalProperties", True)
        self.known = {name: readers.reader(one) for name, one in schema.get("properties", {}).items()}
        for name in schema.get("required", ()):
            self.known.setdefault(name, readers.reader(further))
        self.further = readers.reader(further)
        self.named = len(self.known) <= MOST_NAMED

    def lines(self) -> Iterator[str]:
        counted = [*_counted(self.schema, "Properties")]
        yield "if d >= 100 then no() end"
        if self.known and self.named:
            yield "local " + ", ".join(f"k{n}" for n, _ in enumerate(self.known, 1))
        if counted:
            yield "local n = 0"
        yield f"local key{'' if self.named and self.further == 'R.no' else ', seen'}"
        yield "key, i, b = first_member(s, i + 1)"
        yield "while key do"
        if counted:
            yield "  n = n + 1"
        yield from indented(self._value())
        yield "  key, i, b = next_member(s, i)"
        yield "end"
        yield from self._missing()
        yield from counted
        yield "return i"

    def _value(self) -> Iterator[str]:
        further = [
            "if not seen then seen = {} end",
            "if seen[key] then no() end",
            "seen[key] = true",
            f"i = {self.further}(s, i, b, d + 1)",
        ]
        if not self.named:
            rows = ", ".join(
                f"[{quoted(name)}] = function() return {read} end" for name, read in self.known.items()
            )
            table = self.readers.compilation.parts.constant(f"{{{rows}}}")
            yield from further[:3]
            yield f"local named = {table}[key]"
            yield f"if named then i = named()(s, i, b, d + 1) else i = {self.further}(s, i, b, d + 1) end"
            return
        word = "if"
        for n, (name, read) in enumerate(self.known.items(), 1):
            yield f"{word} key == {quoted(name)} then"
            yield f"  if k{n} then no() end"
            yield f"  k{n}, i = true, {read}(s, i, b, d + 1)"
            word = "elseif"
        rest = ["no()"] if self.further == "R.no" else further
        yield from ("else", *indented(rest), "end") if self.known else rest

    def _missing(self) -> Iterator[str]:
        required = dict.fromkeys(self.schema.get("required", ()))
        numbers = {name: n for n, name in enumerate(self.known, 1)}
        if not required:
            return
        if self.named:
            yield f"if not ({' and '.join(f'k{numbers[name]}' for name in required)}) then no() end"
        else:
            there = " and ".join(f"seen[{quoted(name)}]" for name in required)
            yield f"if not (seen and {there}) then no() end"


_SIMPLE = {"string": "R.string", "number": "R.numeral"}
_DIGIT = "b == 45 or b and b >= 48 and b <= 57"
_BEGINS = {"string": "b == 34", "number": _DIGIT, "integer": _DIGIT, "boolean": "b == 116 or b == 102", "null": "b == 110",
           "object": "b == 123", "array": "b == 91"}  # fmt: skip


def _kinds(schema: dict[str, Any]) -> tuple[str, ...]:
    written = schema.get("type", KINDS)
    kinds = (written,) if isinstance(written, str) else tuple(written)
    return tuple(kind for kind in KINDS if kind in kinds and not (kind == "integer" and "number" in kinds))


def _texts(schema: dict[str, Any]) -> list[str]:
    """The values of an enumeration of plain texts, with null or without; [] for any other schema."""
    if not {"enum"} <= exactness.ASKED & schema.keys() <= {"enum", "type"} or "string" not in _kinds(schema):
        return []
    texts = [value for value in schema["enum"] if isinstance(value, str)]
    rest = [value for value in schema["enum"] if not isinstance(value, str)]
    return texts if all(value is None for value in rest) else []


def _counted(schema: dict[str, Any], noun: str) -> Iterator[str]:
    if "max" + noun in schema:
        yield f"if n > {number(schema['max' + noun])} then no() end"
    if schema.get("min" + noun):
        yield f"if n < {number(schema['min' + noun])} then no() end"

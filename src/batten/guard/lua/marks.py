"""Marks on what a schema has looked at, for `unevaluatedProperties` and `unevaluatedItems`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from batten.guard.lua import text
from batten.guard.lua.graph import Graph
from batten.guard.lua.parts import Parts
from batten.guard.lua.text import indented, quoted

Schema = Any


class Compiling(Protocol):
    parts: Parts
    graph: Graph

    def called(self, schema: Schema, value: str) -> str:
        """A condition: whether `value` is valid."""


class Markers:
    """Each schema becomes a function `E[n](v, seen)`, which is called for values that are valid."""

    def __init__(self, compilation: Compiling) -> None:
        self.compilation = compilation
        self._numbers: dict[int, int] = {}
        self._begun: set[int] = set()

    def marked(self, schema: Schema) -> str:
        """A statement that marks what a schema evaluates of a valid `v`; "" for nothing."""
        if not isinstance(schema, dict):
            return ""
        return f"E[{self._numbers.get(id(schema)) or self._made(schema)}](v, seen)"

    def _made(self, schema: dict[str, Any]) -> int:
        key, markers = id(schema), self.compilation.parts.markers
        if key in self._begun:  # it refers to itself
            self._numbers[key] = markers.reserved()
        else:
            self._begun.add(key)
            lines = list(self.marks(schema, own=True))
            body = ["local t = kind(v)", *lines] if lines else ["return"]
            self._numbers[key] = markers.placed(body, self._numbers.get(key))
        return self._numbers[key]

    def marks(self, schema: dict[str, Any], own: bool) -> Iterator[str]:
        if "additionalProperties" in schema or (own and "unevaluatedProperties" in schema):
            yield 'if t == "object" then for k in next, v do seen[k] = true end end'
        else:
            if schema.get("properties"):
                known = self.compilation.parts.constant(text.names(schema["properties"]))
                yield f'if t == "object" then for k in next, {known} do seen[k] = true end end'
            for pattern in schema.get("patternProperties", ()):
                match = f"R.matches({self.compilation.parts.matcher(pattern)}, k)"
                yield f'if t == "object" then for k in next, v do if k ~= 1 and {match} then seen[k] = true end end end'
        if "items" in schema or (own and "unevaluatedItems" in schema):
            yield 'if t == "array" then for i = 1, v[0] do seen[i] = true end end'
        else:
            if schema.get("prefixItems"):
                yield f'if t == "array" then for i = 1, {len(schema["prefixItems"])} do seen[i] = true end end'
            if "contains" in schema:
                fits = self.compilation.called(schema["contains"], "v[i]")
                yield f'if t == "array" then for i = 1, v[0] do if {fits} then seen[i] = true end end end'
        if "$ref" in schema:
            yield self.marked(self.compilation.graph.target(schema))
        yield from filter(None, (self.marked(branch) for branch in schema.get("allOf", ())))
        for key in ("anyOf", "oneOf"):
            for branch in schema.get(key, ()):
                mark = self.marked(branch)
                if mark:
                    yield f"if {self.compilation.called(branch, 'v')} then {mark} end"
        if "if" in schema:
            yield f"if {self.compilation.called(schema['if'], 'v')} then"
            yield from indented((self.marked(schema["if"]), self.marked(schema.get("then"))))
            yield "else"
            yield from indented((self.marked(schema.get("else")),))
            yield "end"
        for name, dependent in schema.get("dependentSchemas", {}).items():
            mark = self.marked(dependent)
            if mark:
                yield f'if t == "object" and v[{quoted(name)}] ~= nil then {mark} end'

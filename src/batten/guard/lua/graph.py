"""Schemas as a graph: what refers to what, and which of them can be compiled as a whole."""

from __future__ import annotations

from typing import Any

from batten.guard.lua import exactness

Schema = Any


class Graph:
    """Of one root, which `$ref`s are pointers into."""

    def __init__(self, root: Schema) -> None:
        self.root = root
        self._inexact: dict[int, bool] = {}
        self.cyclic = self._cycles()

    def target(self, schema: dict[str, Any]) -> Schema:
        """What a `$ref` names. Those that the dialect writes are never broken."""
        value = self.root
        for token in schema["$ref"][2:].split("/"):
            token = token.replace("~1", "/").replace("~0", "~")
            value = value[int(token)] if isinstance(value, list) else value[token]
        return value

    def meant(self, schema: Schema) -> Schema:
        """What a schema that only leads to another one leads to."""
        while isinstance(schema, dict) and id(schema) not in self.cyclic:
            asked = exactness.ASKED & schema.keys()
            if asked == {"$ref"}:
                schema = self.target(schema)
            elif asked == {"allOf"} and len(schema["allOf"]) == 1:
                schema = schema["allOf"][0]
            else:
                break
        return schema

    def beside(self, schema: Schema) -> list[Schema]:
        more = [self.target(schema)] if isinstance(schema, dict) and "$ref" in schema else []
        return [*exactness.beside(schema), *more]

    def _cycles(self) -> set[int]:
        """Schemas whose `$ref` leads back to them without a step into the value: that never ends."""
        cyclic: set[int] = set()
        state: dict[int, int] = {}
        pending: list[tuple[Schema, bool]] = [(schema, False) for schema in self.all(self.root)]
        path: list[int] = []
        while pending:
            schema, done = pending.pop()
            if done:
                state[id(schema)] = 2
                path.pop()
                continue
            if not isinstance(schema, dict) or id(schema) in state:
                continue
            state[id(schema)] = 1
            path.append(id(schema))
            pending.append((schema, True))
            for child in self.beside(schema):
                if isinstance(child, dict) and state.get(id(child)) == 1:
                    cyclic.update(path[path.index(id(child)) :])
                pending.append((child, False))
        return cyclic

    def all(self, root: Schema) -> list[Schema]:
        """All schemas that are reached from one, itself included."""
        found: dict[int, Schema] = {}
        pending = [root]
        while pending:
            schema = pending.pop()
            if not isinstance(schema, dict) or id(schema) in found:
                continue
            found[id(schema)] = schema
            pending += exactness.children(schema)
            if "$ref" in schema:
                pending.append(self.target(schema))
        return list(found.values())

    def is_exact(self, schema: Schema) -> bool:
        """Whether all of a schema can be compiled."""
        key = id(schema)
        if key not in self._inexact:
            self._inexact[key] = any(
                id(each) in self.cyclic or any(exactness.own(each)) for each in self.all(schema)
            )
        return not self._inexact[key]

"""Schemas as a graph: what refers to what, and which of them can be compiled as a whole."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from batten.guard.lua import exactness

Schema = Any


class Graph:
    """Of roots with the same definitions, which `$ref`s are pointers into."""

    def __init__(self) -> None:
        self.cyclic: set[int] = set()
        self._definitions: dict[str, Schema] = {}
        self._inexact: dict[int, bool] = {}
        self._looked_at: set[int] = set()
        self._kept: list[Schema] = []  # what is known by its identity must not be gone

    def add(self, root: Schema) -> None:
        """A root, before anything of it is asked."""
        self._kept.append(root)
        if isinstance(root, dict):
            self._definitions.update(root.get("$defs", {}))
        # Schemas whose `$ref` leads back to them without a step into the value: that never ends.
        new = self.all(root, self._looked_at)
        state: dict[int, int] = {}
        pending: list[tuple[Schema, bool]] = [(schema, False) for schema in new]
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
                    self.cyclic.update(path[path.index(id(child)) :])
                if id(child) not in self._looked_at:
                    pending.append((child, False))
        self._looked_at.update(map(id, new))

    def target(self, schema: dict[str, Any]) -> Schema:
        """What a `$ref` names. Those that the dialect writes are never broken."""
        return self._definitions[schema["$ref"].removeprefix("#/$defs/")]

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

    def all(self, root: Schema, known: Container[int] = ()) -> list[Schema]:
        """All schemas that are reached from one, itself included, and without going through those that are known."""
        found: dict[int, Schema] = {}
        pending = [root]
        while pending:
            schema = pending.pop()
            if not isinstance(schema, dict) or id(schema) in found or id(schema) in known:
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
            self._kept.append(schema)
            self._inexact[key] = any(
                id(each) in self.cyclic or any(exactness.own(each)) for each in self.all(schema)
            )
        return not self._inexact[key]

"""What a payload schema leaves open: objects that admit anything, strings and lists without an end.

A component is surveyed once, however many answers refer to it. A branch of allOf is not to be closed:
`additionalProperties: false` there would forbid what its sisters declare. Where OpenAPI 3.1 can close
the whole with `unevaluatedProperties: false`, the whole is asked for it; in 3.0 nobody is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from batten.contract import Contract, Operation, Place, Schema
from batten.facts import PayloadSchema
from batten.formats.tree import Plain

MOST_PLACES = 20  # of one schema; who mends those sees the rest

_Object = dict[str, Plain]
_ENDS = (
    "maxLength",
    "enum",
    "const",
    "format",
    "pattern",
    "contentMediaType",
    "contentEncoding",
    "x-ms-enum",
)


@dataclass(slots=True)
class _Root:
    """A schema with what lies inside it, up to the references."""

    place: Place
    name: str
    open_objects: list[Place] = field(default_factory=list)
    unbounded: list[Place] = field(default_factory=list)


@dataclass(slots=True)
class Survey:
    contract: Contract
    roots: dict[Place, _Root] = field(default_factory=dict)
    branches: set[Place] = field(default_factory=set)  # what some allOf is made of
    _pending: list[tuple[_Root, _Object]] = field(default_factory=list)

    def add(self, operation: Operation) -> None:
        """Survey the schemas of an operation's answers."""
        for response in operation.responses.values():
            for media in response.media.values():
                if media.schema is not None:
                    self._start(media.schema, f"the answer {response.status} of {operation.label}")
        while self._pending:
            root, value = self._pending.pop()
            self._walk(root, value)

    def facts(self) -> Iterator[PayloadSchema]:
        for root in self.roots.values():
            open_objects = [p for p in root.open_objects if p not in self.branches][:MOST_PLACES]
            unbounded = root.unbounded[:MOST_PLACES]
            if open_objects or unbounded:
                yield PayloadSchema(
                    self.contract.block(root.place),
                    root.name,
                    tuple(self.contract.block(p) for p in open_objects),
                    tuple(self.contract.block(p) for p in unbounded),
                )

    def _start(self, schema: Schema, name: str) -> None:
        if not isinstance(schema.value, dict):
            return
        if "$ref" in schema.value and len(schema.value) == 1:
            self._refer(schema.value["$ref"], schema.place)
        elif schema.place not in self.roots:
            self._root(schema.place, name, schema.value)

    def _root(self, place: Place, name: str, value: _Object) -> None:
        root = _Root(place, name)
        self.roots[place] = root
        self._pending.append((root, value))

    def _refer(self, reference: Plain, place: Place, composed: bool = False) -> None:
        target = self.contract.references.target(reference, place)
        if target is None or not isinstance(target.value, dict):
            return
        if composed:
            self.branches.add(target.place)
        if target.place not in self.roots:
            name = target.place.tokens[-1] if target.place.tokens else target.place.source
            self._root(target.place, name, target.value)

    def _walk(self, root: _Root, value: _Object) -> None:
        stack = [(root.place, value, False)]
        while stack:
            place, schema, composed = stack.pop()
            self._judge(root, place, schema, composed)
            stack += reversed(list(self._below(place, schema, composed)))

    def _judge(self, root: _Root, place: Place, schema: _Object, composed: bool) -> None:
        if "$ref" in schema and not self.contract.is_modern:
            return
        if composed:
            return
        if self._open(schema, place):
            root.open_objects.append(place)
        if _endless(schema):
            root.unbounded.append(place)

    def _open(self, schema: _Object, place: Place) -> bool:
        if _closed(schema):
            return False
        several = _branches(schema, "anyOf") or _branches(schema, "oneOf")
        whole = _composed(schema)
        if not self.contract.is_modern and (whole or several):
            return False
        if whole:
            return _is_object(schema) or any(self._object_below(b, place) for b in _branches(schema, "allOf"))
        return _is_object(schema) and not (several and "properties" not in schema)

    def _object_below(self, branch: Plain, place: Place) -> bool:
        target = self.contract.references.follow(branch, place)
        return target is not None and isinstance(target.value, dict) and _is_object(target.value)

    def _below(self, place: Place, schema: _Object, composed: bool) -> Iterator[tuple[Place, _Object, bool]]:
        if "$ref" in schema:
            beside = self.contract.is_modern and len(schema) > 1 and (_is_object(schema) or _closed(schema))
            self._refer(schema["$ref"], place, composed or beside)
            if not self.contract.is_modern:
                return
        for key, child in schema.items():
            match key, child:
                case (("properties" | "patternProperties" | "dependentSchemas"), dict()):
                    for name, property_schema in child.items():
                        if isinstance(property_schema, dict):
                            yield place / key / name, property_schema, False
                case (
                    ("items" | "additionalProperties" | "unevaluatedProperties" | "unevaluatedItems"),
                    dict(),
                ):
                    yield place / key, child, False
                case (("then" | "else" | "if"), dict()):
                    yield place / key, child, True
                case (("allOf" | "anyOf" | "oneOf" | "prefixItems"), list()):
                    inside = key != "prefixItems" and (composed or _whole(schema, key))
                    for index, branch in enumerate(child):
                        if isinstance(branch, dict):
                            yield place / key / str(index), branch, inside
                case _:
                    pass


def _branches(schema: _Object, key: str) -> list[Plain]:
    value = schema.get(key)
    return value if isinstance(value, list) else []


def _composed(schema: _Object) -> bool:
    """Whether an allOf adds up to more than one schema. An allOf of one alone is a way to write it."""
    branches = _branches(schema, "allOf")
    return len(branches) > 1 or (bool(branches) and ("properties" in schema or "$ref" in schema))


def _whole(schema: _Object, key: str) -> bool:
    """Whether the branches under `key` are parts of a whole that the schema around them makes."""
    if key == "allOf":
        return _composed(schema) or _closed(schema)
    return "properties" in schema or "allOf" in schema or schema.get("unevaluatedProperties") is False


def _closed(schema: _Object) -> bool:
    """Whether properties that are not declared are refused, or have a schema too, as in a map."""
    further = schema.get("additionalProperties")
    return (
        further is False
        or (isinstance(further, dict) and bool(further))
        or (
            schema.get("unevaluatedProperties") is False
            or (
                isinstance(schema.get("unevaluatedProperties"), dict)
                and bool(schema["unevaluatedProperties"])
            )
        )
    )


def _is_object(schema: _Object) -> bool:
    kind = schema.get("type")
    return kind == "object" or (isinstance(kind, list) and "object" in kind) or "properties" in schema


def _endless(schema: _Object) -> bool:
    kind = schema.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    if "enum" in schema or "const" in schema:
        return False
    if "string" in kinds and not any(key in schema for key in _ENDS):
        return True
    return "array" in kinds and "maxItems" not in schema and schema.get("items") is not False

"""What a payload schema leaves open: objects that admit anything, strings and lists without an end.

A component is surveyed once, however many answers refer to it. A branch of allOf is not to be closed:
`additionalProperties: false` there would forbid what its sisters declare. Where OpenAPI 3.1 can close
the whole with `unevaluatedProperties: false`, the whole is asked for it; in 3.0 nobody is. Branches of anyOf
may hold together, so none of several is asked either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field
from enum import Enum

from batten.contract import Contract, Operation, Place, Schema
from batten.facts import PayloadSchema
from batten.formats.tree import Plain
from batten.model import Location
from batten.model.record import record
from batten.technologies.contracts.openapi.composition import (
    branches,
    has_choices,
    is_composed,
    is_whole,
    parts_of,
)

_Object = dict[str, Plain]
_TEXTUAL = re.compile(
    r"(?i)application/(?:[\w.+-]+\+)?(?:json|xml)\b|text/xml\b|application/x-www-form-urlencoded"
)
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


class _Role(Enum):
    """What a schema is to the one around it."""

    WHOLE = "whole"
    CHOICE = "choice"  # one of several that may hold at once
    PART = "part"  # its sisters say more of the same value


@record
class _Root:
    """A schema with what lies inside it, up to the references."""

    place: Place
    name: str
    open_objects: list[Place] = field(default_factory=list)
    shapeless: list[Place] = field(default_factory=list)
    unbounded: list[Place] = field(default_factory=list)
    request: bool = False


@record
class Survey:
    contract: Contract
    roots: dict[Place, _Root] = field(default_factory=dict)
    parts: set[Place] = field(default_factory=set)  # what some allOf is made of
    bare: dict[Place, str] = field(default_factory=dict)  # what requests hold without a schema
    _pending: list[tuple[_Root, _Object]] = field(default_factory=list)

    def add_request(self, operation: Operation, called: str = "") -> None:
        """Survey what an operation takes: its body, and its parameters and headers. What an answer is made of, too, was
        surveyed with the answers."""
        body, called = operation.body, called or f"`{operation.label}`"
        for media in body.media.values() if body is not None else ():
            name = f"the body of {called}"
            if media.schema is not None:
                self._start(media.schema, name, request=True)
            elif _TEXTUAL.match(media.media_type):
                self.bare.setdefault(media.place, f"{name} ({media.media_type})")
        for parameter in operation.parameters:
            name = f"the {parameter.location} parameter `{parameter.name}` of {called}"
            if parameter.schema is not None:
                self._start(parameter.schema, name, request=True)
            elif not parameter.media_type:
                self.bare.setdefault(parameter.place, name)
        self._finish()

    def add(self, operation: Operation) -> None:
        """Survey the schemas of an operation's answers."""
        for response in operation.told.values():
            for media in response.media.values():
                if media.schema is not None:
                    self._start(media.schema, f"the response {response.status} of `{operation.label}`")
        self._finish()

    def _finish(self) -> None:
        while self._pending:
            root, value = self._pending.pop()
            stack = [(root.place, value, _Role.WHOLE)]
            while stack:
                place, schema, role = stack.pop()
                self._judge(root, place, schema, role)
                stack += reversed(list(self._below(place, schema, role, root.request)))

    def facts(self) -> Iterator[PayloadSchema]:
        """Each place is told once, though a reference may lead into the middle of another schema."""
        parts = self.parts | parts_of(self.contract)
        told = set[Place]()
        for root in self.roots.values():
            groups = (root.open_objects, root.unbounded, root.shapeless)
            new = [[p for p in group if p not in told] for group in groups]
            told.update(*new)
            open_objects, unbounded, shapeless = new
            open_objects = [p for p in open_objects if p not in parts]
            if open_objects or unbounded or shapeless:
                yield PayloadSchema(
                    self.contract.block(root.place),
                    name=root.name,
                    open_objects=self._blocks(open_objects),
                    unbounded=self._blocks(unbounded),
                    shapeless=self._blocks(shapeless),
                    request=root.request,
                )
        for place, name in self.bare.items():
            yield PayloadSchema(self.contract.block(place), name=name, request=True, undeclared=True)

    def _blocks(self, places: list[Place]) -> tuple[Location, ...]:
        return tuple(self.contract.block(place) for place in places)

    def _start(self, schema: Schema, name: str, request: bool = False) -> None:
        if not isinstance(schema.value, dict):
            return
        if "$ref" in schema.value and len(schema.value) == 1:
            self._refer(schema.value["$ref"], schema.place, request=request)
        elif schema.place not in self.roots:
            self._root(schema.place, name, schema.value, request)

    def _root(self, place: Place, name: str, value: _Object, request: bool) -> None:
        root = _Root(place, name, request=request)
        self.roots[place] = root
        self._pending.append((root, value))

    def _refer(self, reference: Plain, place: Place, composed: bool = False, request: bool = False) -> None:
        target = self.contract.references.target(reference, place)
        if target is None or not isinstance(target.value, dict):
            return
        if composed:
            self.parts.add(target.place)
        if target.place not in self.roots:
            name = target.place.tokens[-1] if target.place.tokens else target.place.source
            self._root(target.place, name, target.value, request)

    def _judge(self, root: _Root, place: Place, schema: _Object, role: _Role) -> None:
        if role is _Role.PART or ("$ref" in schema and not self.contract.is_modern):
            return
        if role is _Role.WHOLE and self._open(schema, place):
            # Whether an object declares nothing: closed as it stands, it could only be empty.
            (
                root.shapeless
                if (
                    not any(
                        key in schema
                        for key in (
                            "properties",
                            "patternProperties",
                            "allOf",
                            "anyOf",
                            "oneOf",
                            "$ref",
                            "if",
                        )
                    )
                )
                else root.open_objects
            ).append(place)
        kind = schema.get("type")
        kinds = kind if isinstance(kind, list) else [kind]
        if "enum" in schema or "const" in schema:
            endless = False
        elif "string" in kinds and not any(key in schema for key in _ENDS):
            endless = True
        else:
            endless = "array" in kinds and "maxItems" not in schema and schema.get("items") is not False
        if endless or (root.request and _countless(schema)):
            root.unbounded.append(place)

    def _open(self, schema: _Object, place: Place) -> bool:
        if _closed(schema):
            return False
        several = branches(schema, "anyOf") or branches(schema, "oneOf")
        whole = is_composed(schema)
        if not self.contract.is_modern and (whole or several):
            return False
        if whole:
            return _is_object(schema) or any(self._object_below(b, place) for b in branches(schema, "allOf"))
        return _is_object(schema) and not (several and "properties" not in schema)

    def _object_below(self, branch: Plain, place: Place) -> bool:
        target = self.contract.references.follow(branch, place)
        return target is not None and isinstance(target.value, dict) and _is_object(target.value)

    def _below(
        self, place: Place, schema: _Object, role: _Role, request: bool
    ) -> Iterator[tuple[Place, _Object, _Role]]:
        for key in ("$ref", "$dynamicRef"):
            if key in schema:
                beside = (
                    self.contract.is_modern and len(schema) > 1 and (_is_object(schema) or _closed(schema))
                )
                self._refer(schema[key], place, role is not _Role.WHOLE or beside, request)
        if "$ref" in schema and not self.contract.is_modern:
            return
        for key, child in schema.items():
            match key, child:
                case (("properties" | "patternProperties" | "dependentSchemas"), dict()):
                    for name, property_schema in child.items():
                        if isinstance(property_schema, dict):
                            yield place / key / name, property_schema, _Role.WHOLE
                case (
                    ("items" | "additionalProperties" | "unevaluatedProperties" | "unevaluatedItems"),
                    dict(),
                ):
                    yield place / key, child, _Role.WHOLE
                case (("then" | "else" | "if"), dict()):
                    yield place / key, child, _Role.PART
                case (("allOf" | "anyOf" | "oneOf" | "prefixItems"), list()):
                    if key == "prefixItems":
                        inside = _Role.WHOLE
                    elif role is _Role.PART or is_whole(schema, key):
                        inside = _Role.PART
                    else:
                        inside = (
                            _Role.CHOICE
                            if role is _Role.CHOICE or (key == "anyOf" and has_choices(schema))
                            else _Role.WHOLE
                        )
                    for index, branch in enumerate(child):
                        if isinstance(branch, dict):
                            yield place / key / str(index), branch, inside
                case _:
                    pass


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


def _countless(schema: _Object) -> bool:
    """Whether a number has no upper bound, and no format that gives it one."""
    kind = schema.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    bounded = ("enum", "const", "format", "maximum", "exclusiveMaximum")
    return ("integer" in kinds or "number" in kinds) and not any(key in schema for key in bounded)

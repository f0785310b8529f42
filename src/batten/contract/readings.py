"""Which kinds of values a schema allows: what a text may be read as, before the schema itself is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from batten.contract.contract import Contract, Schema
from batten.contract.source import Place
from batten.formats.tree import Plain
from batten.model.record import record

MOST_NODES = 500  # of all that one parameter may be read as
MOST_WAYS = 16


class Kind(Enum):
    """In the order in which a text is read: the narrowest first."""

    NULL = "null"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    STRING = "string"
    ARRAY = "array"
    OBJECT = "object"


# What Pydantic reads as booleans (its documentation, Booleans), beside those of JSON.
LOOSE = dict.fromkeys(("1", "on", "t", "true", "y", "yes"), True) | dict.fromkeys(
    ("0", "off", "f", "false", "n", "no"), False
)
SCALARS = frozenset((Kind.NULL, Kind.BOOLEAN, Kind.INTEGER, Kind.NUMBER, Kind.STRING))


@record
class Way:
    """One kind that a text is read as; a boolean that is `loose` may be one of LOOSE, in any case. `others` is what members without a name of their own are read as, None where
    the schema forbids them; `takes_others` is whether names that it does not list belong to it."""

    kind: Kind
    items: Readings | None = None
    members: Mapping[str, Readings] = field(default_factory=dict)
    others: Readings | None = None
    takes_others: bool = False
    loose: bool = False


@record
class Readings:
    """All kinds that a schema allows, in the order of Kind. `schema` decides between them."""

    ways: tuple[Way, ...]
    schema: Schema | None = None

    @property
    def kinds(self) -> frozenset[Kind]:
        return frozenset(way.kind for way in self.ways)


TEXT = Readings((Way(Kind.STRING),))


_OF_OBJECTS = (
    "properties",
    "additionalProperties",
    "required",
    "patternProperties",
    "minProperties",
    "maxProperties",
)
_OF_ARRAYS = ("items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains")


def readings_of(contract: Contract, schema: Schema | None, depth: int, loose: bool = False) -> Readings:
    """`depth` is how many levels of arrays and objects are looked into; `loose` is of all booleans."""
    return _Reader(contract, MOST_NODES, loose).readings(schema, depth)


def resolved(contract: Contract, schema: Schema | None) -> Schema | None:
    """What a schema that is nothing but a reference refers to, so that engines see its keywords."""
    if schema is None or not isinstance(schema.value, dict) or set(schema.value) != {"$ref"}:
        return schema
    target = contract.references.follow(schema.value, schema.place)
    return Schema(target.place, target.value) if target is not None else schema


@dataclass(slots=True)
class _Reader:
    """Finds the kinds that a schema allows, through references and combinations."""

    contract: Contract
    left: int
    loose: bool

    def readings(self, schema: Schema | None, depth: int) -> Readings:
        if schema is None:
            return TEXT
        ways = self.ways(schema.value, schema.place, depth, ())
        if ways is None:
            return Readings(TEXT.ways, resolved(self.contract, schema))
        order = list(Kind)
        ways = sorted(ways, key=lambda way: order.index(way.kind))
        return Readings(tuple(ways[:MOST_WAYS]), resolved(self.contract, schema))

    def ways(self, value: Plain, place: Place, depth: int, trail: tuple[Place, ...]) -> list[Way] | None:
        """None where the schema does not restrict the kind."""
        if not isinstance(value, dict) or place in trail or self.left <= 0:
            return None
        self.left -= 1
        trail = (*trail, place)
        found: list[Way] | None = None
        if "$ref" in value:
            target = self.contract.references.target(value["$ref"], place)
            found = self.ways(target.value, target.place, depth, trail) if target is not None else None
            if not self.contract.is_modern:
                return found
        found = _meet(found, self.own(value, place, depth))
        for branch, at in _branches(value, place, "allOf"):
            found = _meet(found, self.ways(branch, at, depth, trail))
        for key in ("anyOf", "oneOf"):
            several = [self.ways(branch, at, depth, trail) for branch, at in _branches(value, place, key)]
            if several and None not in several:
                found = _meet(found, [way for ways in several for way in ways or ()])
        if found is None:
            return None
        unique_found: list[Way] = []
        for way in found:
            if way not in unique_found:
                unique_found.append(way)
        return unique_found

    def own(self, value: Mapping[str, Plain], place: Place, depth: int) -> list[Way] | None:
        # By `type`, else by the values of `enum` and `const`, else by keywords of objects and arrays.
        declared = value.get("type")
        named = [declared] if isinstance(declared, str) else declared if isinstance(declared, list) else []
        kinds = [Kind(name) for name in named if name in {kind.value for kind in Kind}]
        if not kinds:
            chosen = value.get("enum", [value["const"]] if "const" in value else None)
            kinds = [_kind_of(one) for one in chosen] if isinstance(chosen, list) else []
        if not kinds and (
            any(key in value for key in _OF_OBJECTS) or isinstance(value.get("required"), list)
        ):
            kinds = [Kind.OBJECT]
        if not kinds and any(key in value for key in _OF_ARRAYS):
            kinds = [Kind.ARRAY]
        if kinds and (value.get("nullable") is True or value.get("x-nullable") is True):
            kinds.append(Kind.NULL)
        return [self.way(kind, value, place, depth) for kind in dict.fromkeys(kinds)] if kinds else None

    def way(self, kind: Kind, value: Mapping[str, Plain], place: Place, depth: int) -> Way:
        if kind is Kind.ARRAY:
            items = Schema(place / "items", value["items"]) if "items" in value else None
            return Way(kind, self.readings(items, depth - 1) if depth else TEXT)
        if kind is Kind.OBJECT:
            return self.object(value, place, depth)
        return Way(kind, loose=self.loose and kind is Kind.BOOLEAN)

    def object(self, value: Mapping[str, Plain], place: Place, depth: int) -> Way:
        if not depth:
            return Way(Kind.OBJECT, others=TEXT, takes_others=True)
        declared, rest = value.get("properties"), value.get("additionalProperties")
        named = declared if isinstance(declared, dict) else {}
        members = {
            name: self.readings(Schema(place / "properties" / name, member), depth - 1)
            for name, member in named.items()
        }
        others: Readings | None = TEXT
        if rest is False:
            others = None
        elif isinstance(rest, dict):
            others = self.readings(Schema(place / "additionalProperties", rest), depth - 1)
        is_open = others is not None and ("additionalProperties" in value or not members)
        return Way(Kind.OBJECT, members=members, others=others, takes_others=is_open)


def _branches(value: Mapping[str, Plain], place: Place, key: str) -> list[tuple[Plain, Place]]:
    branches = value.get(key)
    return [(b, place / key / str(i)) for i, b in enumerate(branches)] if isinstance(branches, list) else []


def _kind_of(value: Plain) -> Kind:
    match value:
        case None:
            return Kind.NULL
        case bool():
            return Kind.BOOLEAN
        case int():
            return Kind.INTEGER
        case float():
            return Kind.NUMBER
        case list():
            return Kind.ARRAY
        case dict():
            return Kind.OBJECT
        case _:
            return Kind.STRING


def _meet(one: list[Way] | None, other: list[Way] | None) -> list[Way] | None:
    """What both allow."""
    if one is None or other is None:
        return other if one is None else one
    return [met for a in one[:MOST_WAYS] for b in other[:MOST_WAYS] if (met := _met(a, b)) is not None]


def _met(one: Way, other: Way) -> Way | None:
    if one.kind is not other.kind:
        numbers = {one.kind, other.kind} == {Kind.INTEGER, Kind.NUMBER}
        return Way(Kind.INTEGER) if numbers else None
    if one.kind is Kind.OBJECT:
        members = {**other.members, **one.members}
        closed = one.others is None or other.others is None
        takes = (
            not closed and (one.takes_others or not one.members) and (other.takes_others or not other.members)
        )
        others = None if closed else one.others if one.others != TEXT else other.others
        return Way(Kind.OBJECT, members=members, others=others, takes_others=takes)
    return one if one.items not in (None, TEXT) else other

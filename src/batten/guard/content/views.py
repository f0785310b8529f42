"""What a schema says of a value's shape, over all its branches: enough to read text as a value, never to judge it.

Validators judge; a reader only needs to know that `tags` is an array and `price` a number. Where branches differ, all that
one of them allows is possible.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from batten.contract import Contract, Schema
from batten.contract.readings import Readings, readings_of
from batten.contract.source import Place
from batten.formats.tree import Plain

TYPES = frozenset(("null", "boolean", "integer", "number", "string", "array", "object"))
_BRANCHES = ("allOf", "anyOf", "oneOf")
_LEAVES = ("string", "number", "integer", "boolean", "null")
MOST_LAYERS = 200  # of one schema; no schema of a person has as many


@dataclass(slots=True)
class Views:
    contract: Contract
    _made: dict[Place, View] = field(default_factory=dict)

    def at(self, place: Place, value: Plain) -> View:
        return self.of(Schema(place, value))

    def of(self, schema: Schema) -> View:
        found = self._made.get(schema.place)
        if found is None:
            layers = tuple(_layers(self.contract, schema))
            found = self._made[schema.place] = View(
                self, schema, layers, _Typing(self.contract).types(schema.value, schema.place)
            )
        return found


@dataclass(slots=True, eq=False)
class View:
    """`types` are the JSON types that a value may have. `layers` are the objects that the schema consists of, with what
    it refers to."""

    views: Views = field(repr=False)
    schema: Schema
    layers: tuple[tuple[dict[str, Plain], Place], ...] = field(repr=False)
    types: frozenset[str]
    _properties: Mapping[str, View] | None = field(default=None, repr=False)
    _items: View | None = field(default=None, repr=False)
    _readings: Readings | None = field(default=None, repr=False)
    _hidden: frozenset[str] | None = field(default=None, repr=False)

    @property
    def readings(self) -> Readings:
        if self._readings is None:
            self._readings = readings_of(self.views.contract, self.schema, 1)
        return self._readings

    def first(self, key: str) -> Plain:
        """What the outermost layer with this keyword says."""
        return next((layer[key] for layer, _ in self.layers if key in layer), None)

    @property
    def properties(self) -> Mapping[str, View]:
        if self._properties is None:
            found: dict[str, View] = {}
            for layer, place in self.layers:
                named = layer.get("properties")
                for name, value in named.items() if isinstance(named, dict) else ():
                    found.setdefault(name, self.views.at(place / "properties" / name, value))
            self._properties = found
        return self._properties

    @property
    def hidden(self) -> frozenset[str]:
        """Properties that are readOnly in every branch that has them."""
        if self._hidden is None:
            found: dict[str, bool] = {}
            for layer, place in self.layers:
                named = layer.get("properties")
                for name, value in named.items() if isinstance(named, dict) else ():
                    is_hidden = self.views.at(place / "properties" / name, value).first("readOnly") is True
                    found[name] = found.get(name, True) and is_hidden
            self._hidden = frozenset(name for name, is_hidden in found.items() if is_hidden)
        return self._hidden

    @property
    def rest(self) -> View | None:
        """Of properties that have no name in the schema, where it says something of them."""
        for layer, place in self.layers:
            if isinstance(value := layer.get("additionalProperties"), dict):
                return self.views.at(place / "additionalProperties", value)
        return None

    @property
    def items(self) -> View | None:
        if self._items is None:
            for layer, place in self.layers:
                if isinstance(value := layer.get("items"), dict):
                    self._items = self.views.at(place / "items", value)
                    break
        return self._items

    @property
    def leads(self) -> str:
        """The type that text is read as where the schema allows several: objects and arrays before single values only
        where there is nothing else."""
        if self.types & frozenset(_LEAVES) - {"null"}:
            return "leaf"
        return "object" if "object" in self.types else "array" if "array" in self.types else "leaf"

    @property
    def is_binary(self) -> bool:
        """Octets, as OpenAPI declares them: `format: binary` (2.0: `type: file`), since 3.1 a media type without an
        encoding, or nothing at all."""
        if self.first("format") == "binary" or self.first("type") == "file":
            return True
        return self.first("contentMediaType") is not None and self.first("contentEncoding") is None

    @property
    def says_nothing(self) -> bool:
        return not any(layer for layer, _ in self.layers)


def _layers(contract: Contract, schema: Schema) -> Iterator[tuple[dict[str, Plain], Place]]:
    pending = [(schema.value, schema.place)]
    seen: set[Place] = set()
    while pending and len(seen) < MOST_LAYERS:
        value, place = pending.pop(0)
        if not isinstance(value, dict) or place in seen:
            continue
        seen.add(place)
        if "$ref" in value:
            target = contract.references.target(value["$ref"], place)
            if target is not None:
                pending.append((target.value, target.place))
            if not contract.is_modern:
                continue  # nothing beside it counts
        yield value, place
        for key in _BRANCHES:
            branches = value.get(key)
            if isinstance(branches, list):
                pending += [(branch, place / key / str(index)) for index, branch in enumerate(branches)]


@dataclass(slots=True)
class _Typing:
    """Finds the types of one schema. Schemas refer to each other in circles, so there is an end to what is looked at."""

    contract: Contract
    left: int = MOST_LAYERS

    def types(self, value: Plain, place: Place, trail: tuple[Place, ...] = ()) -> frozenset[str]:
        if not isinstance(value, dict) or place in trail or self.left <= 0:
            return TYPES
        self.left -= 1
        trail = (*trail, place)
        found = TYPES
        if "$ref" in value:
            target = self.contract.references.target(value["$ref"], place)
            found = self.types(target.value, target.place, trail) if target is not None else TYPES
            if not self.contract.is_modern:
                return found
        found &= _own(value)
        for branch, at in _each(value, place, "allOf"):
            found &= self.types(branch, at, trail)
        for key in ("anyOf", "oneOf"):
            branches = [self.types(branch, at, trail) for branch, at in _each(value, place, key)]
            if branches:
                found &= frozenset().union(*branches)
        return found


def _each(value: dict[str, Plain], place: Place, key: str) -> Iterable[tuple[Plain, Place]]:
    branches = value.get(key)
    if isinstance(branches, list):
        for index, branch in enumerate(branches):
            yield branch, place / key / str(index)


def _own(value: dict[str, Plain]) -> frozenset[str]:
    """What the schema says itself. One with properties and no type is meant for objects, one with items for arrays."""
    named = value.get("type")
    names = [named] if isinstance(named, str) else named if isinstance(named, list) else []
    found = frozenset(name for name in names if isinstance(name, str))
    if "file" in found:
        return frozenset(("string",))
    if not found:
        if isinstance(values := value.get("enum"), list):
            found = frozenset(_type_of(one) for one in values)
        elif "const" in value:
            found = frozenset((_type_of(value["const"]),))
        elif "properties" in value or "additionalProperties" in value:
            found = frozenset(("object",))
        elif "items" in value:
            found = frozenset(("array",))
        else:
            found = frozenset(("string",)) if value.get("format") == "binary" else TYPES
    if "number" in found:
        found |= {"integer"}
    if value.get("nullable") is True or value.get("x-nullable") is True:
        found |= {"null"}
    return found & TYPES


def _type_of(value: Plain) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"

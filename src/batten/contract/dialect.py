"""OpenAPI's schema dialects as JSON Schema 2020-12, with all that a schema refers to in one value."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from batten.contract.contract import Contract, Schema
from batten.contract.source import Place
from batten.formats.tree import Plain


class Direction(Enum):
    """A request must not carry what is readOnly, a response must not carry what is writeOnly."""

    REQUEST = "readOnly"
    RESPONSE = "writeOnly"


_ONE = ("items", "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else",
        "unevaluatedItems", "unevaluatedProperties")  # fmt: skip
_SEVERAL = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED = ("properties", "patternProperties", "dependentSchemas")
_PLAIN = ("type", "enum", "const", "multipleOf", "maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum",
          "maxLength", "minLength", "pattern", "maxItems", "minItems", "uniqueItems", "maxContains",
          "minContains", "maxProperties", "minProperties", "required", "dependentRequired",
          "format")  # fmt: skip
_NOT_IN_OLD = frozenset(("const", "contains", "propertyNames", "if", "then", "else", "patternProperties",
                         "unevaluatedItems", "unevaluatedProperties", "prefixItems", "dependentSchemas",
                         "dependentRequired", "maxContains", "minContains"))  # fmt: skip
_EXCLUSIVE = (("maximum", "exclusiveMaximum"), ("minimum", "exclusiveMinimum"))
_OLD_DRAFTS = ("draft-04", "draft-06", "draft-07")
_RANGES = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}

Json = Any  # what the validator's library takes


@dataclass(slots=True)
class Bundles:
    """Schemas made self-contained: what they refer to lies in `$defs` under a number.

    Not kept: `$dynamicRef` is read as `$ref`, and a discriminator chooses among the branches of oneOf
    and anyOf only, not among schemas that name its schema in their allOf.
    """

    contract: Contract
    annotations: frozenset[str] = frozenset()  # formats that are left out
    _made: dict[tuple[Place, Direction], tuple[Json, tuple[Place, ...]]] = field(default_factory=dict)
    _numbers: dict[Place, str] = field(default_factory=dict)

    def bundle(self, schema: Schema, direction: Direction) -> Json:
        """The schema with everything it needs, references and all."""
        body, needed = self._translated(schema.place, schema.value, direction)
        definitions: dict[str, Json] = {}
        pending = list(needed)
        while pending:
            place = pending.pop()
            name = self._number(place)
            if name not in definitions:
                value = self.contract.references.sources.files[place.source].value(place.tokens)
                definitions[name], more = self._translated(place, value, direction)
                pending += more
        return {"allOf": [body], "$defs": definitions} if definitions else body

    def body(self, schema: Schema, direction: Direction) -> Json:
        """The schema alone: what it refers to is named, and not there."""
        return self._translated(schema.place, schema.value, direction)[0]

    def places(self) -> tuple[Place, ...]:
        """Those of schemas that are referred to, by their number."""
        return tuple(self._numbers)

    def _number(self, place: Place) -> str:
        return self._numbers.setdefault(place, str(len(self._numbers)))

    def _translated(self, place: Place, value: Plain, direction: Direction) -> tuple[Json, tuple[Place, ...]]:
        key = (place, direction)
        if key not in self._made:
            translation = _Translation(self, direction)
            made = translation.schema(value, place)
            self._made[key] = (made, tuple(dict.fromkeys(translation.needed)))
        return self._made[key]

    def reference(self, place: Place) -> str:
        return f"#/$defs/{self._number(place)}"


@dataclass(slots=True)
class _Translation:
    bundles: Bundles
    direction: Direction
    needed: list[Place] = field(default_factory=list)

    @property
    def contract(self) -> Contract:
        return self.bundles.contract

    def schema(self, value: Plain, place: Place) -> Json:
        if not isinstance(value, dict):
            return value if isinstance(value, bool) else True
        if not self.contract.is_modern:
            return self.old(value, place)
        if self.is_old_draft(value, place):
            if "$ref" in value:
                return self.reference(value["$ref"], place)  # nothing beside it counts there
            made = self.keywords(value, place)
            self.old_draft(value, made, place)
            return made
        made = self.keywords(value, place)
        for key in ("$ref", "$dynamicRef"):
            if key in value:
                made.setdefault("allOf", []).append(self.reference(value[key], place))
        return made

    def is_old_draft(self, value: dict[str, Plain], place: Place) -> bool:
        """Whether a schema, its file or the document says that it is of draft-07 or older."""
        own = self.contract.references.sources.files[place.source].data
        document = self.contract.references.sources.files[self.contract.path].data
        named = (
            value.get("$schema"),
            own.get("$schema") if isinstance(own, dict) else None,
            document.get("jsonSchemaDialect") if isinstance(document, dict) else None,
        )
        dialect = next((name for name in named if isinstance(name, str)), "")
        return any(draft in dialect for draft in _OLD_DRAFTS)

    def old_draft(self, value: dict[str, Plain], made: dict[str, Json], place: Place) -> None:
        """What was written in another way up to draft-07."""
        items = value.get("items")
        if isinstance(items, list):
            made["prefixItems"] = [
                self.schema(item, place / "items" / str(at)) for at, item in enumerate(items)
            ]
            made["items"] = self.schema(value.get("additionalItems", True), place / "additionalItems")
        dependencies = value.get("dependencies")
        for name, needed in dependencies.items() if isinstance(dependencies, dict) else ():
            if isinstance(needed, list):
                made.setdefault("dependentRequired", {})[name] = needed
            else:
                schema = self.schema(needed, place / "dependencies" / name)
                made.setdefault("dependentSchemas", {})[name] = schema
        for limit, exclusive in _EXCLUSIVE:
            _exclude(made, limit, exclusive)

    def reference(self, reference: Plain, place: Place) -> Json:
        """What a reference names; where it is broken, which is a Problem already, anything goes."""
        target = self.contract.references.target(reference, place)
        if target is None:
            return True
        self.needed.append(target.place)
        return {"$ref": self.bundles.reference(target.place)}

    def old(self, value: dict[str, Plain], place: Place) -> Json:
        """A schema of OpenAPI 3.0 or 2.0. What stands beside a `$ref` does not count there."""
        if "$ref" in value:
            return self.reference(value["$ref"], place)
        made = self.keywords({k: v for k, v in value.items() if k not in _NOT_IN_OLD}, place)
        for limit, exclusive in _EXCLUSIVE:
            _exclude(made, limit, exclusive)
        if made.get("type") == "file":
            del made["type"]
        if isinstance(made.get("required"), bool):  # a parameter's own, or a slip that is common
            del made["required"]
        if value.get("nullable") is True or value.get("x-nullable") is True:
            return _nullable(made)
        return made

    def keywords(self, value: dict[str, Plain], place: Place) -> dict[str, Json]:
        made: dict[str, Json] = {key: value[key] for key in _PLAIN if key in value}
        for key in _ONE:
            if key in value:
                made[key] = self.schema(value[key], place / key)
        for key in _SEVERAL:
            branches = value.get(key)
            if isinstance(branches, list):
                made[key] = [self.schema(b, place / key / str(i)) for i, b in enumerate(branches)]
        for key in _NAMED:
            named = value.get(key)
            if isinstance(named, dict):
                made[key] = {n: self.schema(s, place / key / n) for n, s in named.items()}
        self._hide(value, made, place)
        self._discriminate(value, made, place)
        if made.get("format") in self.bundles.annotations:
            del made["format"]
        _bound(made)
        return made

    def _hide(self, value: dict[str, Plain], made: dict[str, Json], place: Place) -> None:
        """Forbid the properties that this direction must not carry, and do not demand them."""
        properties = value.get("properties")
        if not isinstance(properties, dict):
            return
        hidden = {n for n, schema in properties.items() if self._hidden(schema, place / "properties" / n)}
        for name in hidden:
            made["properties"][name] = False
        if hidden and isinstance(made.get("required"), list):
            made["required"] = [name for name in made["required"] if name not in hidden]

    def _hidden(self, schema: Plain, place: Place) -> bool:
        if not isinstance(schema, dict):
            return False
        if "$ref" in schema and (not self.contract.is_modern or self.direction.value not in schema):
            target = self.contract.references.follow(schema, place)
            schema = target.value if target is not None else None
        return isinstance(schema, dict) and schema.get(self.direction.value) is True

    def _discriminate(self, value: dict[str, Plain], made: dict[str, Json], place: Place) -> None:
        """Each branch holds for its own names of the discriminator only."""
        discriminator = value.get("discriminator")
        name = discriminator.get("propertyName") if isinstance(discriminator, dict) else None
        if not isinstance(discriminator, dict) or not isinstance(name, str):
            return
        mapping = discriminator.get("mapping")
        names = self._names(mapping if isinstance(mapping, dict) else {}, place)
        optional = "defaultMapping" in discriminator
        for key in ("oneOf", "anyOf"):
            branches = value.get(key)
            if not isinstance(branches, list):
                continue
            for index, branch in enumerate(branches):
                reference = branch.get("$ref") if isinstance(branch, dict) else None
                target = self.contract.references.target(reference, place) if reference else None
                if target is None or optional:
                    continue
                chosen = names.get(target.place) or [target.place.tokens[-1] if target.place.tokens else ""]
                only = {"properties": {name: {"enum": chosen}}, "required": [name]}
                made[key][index] = {"allOf": [made[key][index], only]}

    def _names(self, mapping: dict[str, Plain], place: Place) -> dict[Place, list[Plain]]:
        found: dict[Place, list[Plain]] = {}
        for name, reference in mapping.items():
            if isinstance(reference, str) and "/" not in reference and "#" not in reference:
                reference = f"#/components/schemas/{reference}"
            target = self.contract.references.target(reference, place)
            if target is not None:
                found.setdefault(target.place, []).append(name)
        return found


def _exclude(made: dict[str, Json], limit: str, exclusive: str) -> None:
    """Up to draft-04, and in OpenAPI 3.0, a flag tells whether the limit itself is excluded."""
    flag = made.get(exclusive)
    if isinstance(flag, bool):
        del made[exclusive]
        if flag and limit in made:
            made[exclusive] = made.pop(limit)


def _nullable(made: dict[str, Json]) -> Json:
    """`nullable` beside an allOf or an enum without null is meant to allow null, whatever 3.0.3 says."""
    return {"anyOf": [{"type": "null"}, made]}


def _bound(made: dict[str, Json]) -> None:
    bounds = _RANGES.get(made["format"]) if isinstance(made.get("format"), str) else None
    if bounds is None or made.get("type") != "integer":
        return
    if "minimum" not in made and "exclusiveMinimum" not in made:
        made["minimum"] = bounds[0]
    if "maximum" not in made and "exclusiveMaximum" not in made:
        made["maximum"] = bounds[1]

"""OpenAPI's schema dialects as JSON Schema 2020-12, one schema at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from batten.contract.contract import Contract
from batten.contract.expressions import Linear, linear
from batten.contract.keywords import ASSERTED, Flaw, is_known_dialect, objection, shown
from batten.contract.source import Place
from batten.formats.tree import Plain
from batten.model.record import record
from batten.patterns.ecma import Foreign, parted


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

# Keywords of former drafts and versions, and what is written instead since OpenAPI 3.1.
_ELSEWHERE = {
    "nullable": "add 'null' to `type`",
    "dependencies": "write `dependentRequired` or `dependentSchemas`",
    "additionalItems": "write `prefixItems` and `items`",
    "$recursiveRef": "write `$dynamicRef`",
}
_SAME_VALUE = frozenset(("not", "if", "then", "else", "allOf", "anyOf", "oneOf", "dependentSchemas"))

Json = Any  # what the validator's library takes


@record
class Translated:
    """One schema by itself. `here` are those among the `needed` that judge the same value; `notes` say what in it is
    not judged, for the specification does not ask for it."""

    schema: Json
    needed: tuple[Place, ...]
    here: tuple[Place, ...]
    flaws: tuple[Flaw, ...]
    formats: frozenset[str]
    notes: tuple[tuple[Place, str], ...]


@dataclass(slots=True)
class Translation:
    """Of one schema. `names` writes what names the schema at a place; the rest is as `Bundles` has it."""

    contract: Contract
    direction: Direction
    names: Callable[[Place], str]
    annotations: frozenset[str]
    rewrites: bool
    admits_hidden: bool
    needed: list[Place] = field(default_factory=list)
    here: list[Place] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)
    formats: set[str] = field(default_factory=set)
    notes: list[tuple[Place, str]] = field(default_factory=list)
    depth: int = 0  # values below the one that the schema judges

    def schema(self, value: Plain, place: Place) -> Json:
        if not isinstance(value, dict):
            if not isinstance(value, bool):
                self.object(
                    place, f"{shown(value)} is not a schema", "write an object with the schema's keywords"
                )
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
        # Keywords of other drafts, which this one does not have.
        for note_key, hint in _ELSEWHERE.items():
            if note_key in value:
                self.notes.append(
                    (
                        place / note_key,
                        f"`{note_key}` is not a keyword of OpenAPI {self.contract.version}; {hint}",
                    )
                )
        return made

    def object(self, place: Place, message: str, hint: str, soft: bool = False) -> None:
        self.flaws.append(Flaw(place, message, hint, soft))

    def below(self, value: Plain, place: Place) -> Json:
        """A schema for a value within the one that is judged."""
        self.depth += 1
        made = self.schema(value, place)
        self.depth -= 1
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
        if dialect and not is_known_dialect(dialect):
            hint = "use one of JSON Schema's own, from draft-04 to 2020-12, or OpenAPI's"
            self.object(place, f"the dialect {dialect} is not known", hint)
        return any(draft in dialect for draft in _OLD_DRAFTS)

    def old_draft(self, value: dict[str, Plain], made: dict[str, Json], place: Place) -> None:
        """What was written in another way up to draft-07."""
        items = value.get("items")
        if isinstance(items, list):
            made["prefixItems"] = [
                self.below(item, place / "items" / str(at)) for at, item in enumerate(items)
            ]
            made["items"] = self.below(value.get("additionalItems", True), place / "additionalItems")
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
        """What a reference names; where it is broken, anything goes, and that is a flaw."""
        target = self.contract.references.target(reference, place)
        if target is None:
            broken = self.contract.references.why(reference, place)
            self.object(place / "$ref", str(broken), broken.hint, soft=True)
            return True
        self.needed.append(target.place)
        if not self.depth:
            self.here.append(target.place)
        return {"$ref": self.names(target.place)}

    def old(self, value: dict[str, Plain], place: Place) -> Json:
        """A schema of OpenAPI 3.0 or 2.0. What stands beside a `$ref` does not count there."""
        if "$ref" in value:
            return self.reference(value["$ref"], place)
        made = self.keywords({k: v for k, v in value.items() if k not in _NOT_IN_OLD}, place)
        for key in _NOT_IN_OLD.intersection(value):
            hint = "declare `openapi: 3.1.0`, which has it"
            self.notes.append(
                (place / key, f"`{key}` is not a keyword of OpenAPI {self.contract.version}; {hint}")
            )
        for limit, exclusive in _EXCLUSIVE:
            _exclude(made, limit, exclusive)
        if made.get("type") == "file":
            del made["type"]
        if isinstance(made.get("required"), bool):  # a parameter's own, or a slip that is common
            del made["required"]
            if "in" not in value:
                hint = "list the name in `required` of the object that has the property"
                self.notes.append((place / "required", f"`required: true` has no effect in a schema; {hint}"))
        if value.get("nullable") is True or value.get("x-nullable") is True:
            # `nullable` beside an allOf or an enum without null is meant to allow null, whatever 3.0.3 says.
            return {"anyOf": [{"type": "null"}, made]}
        return made

    def keywords(self, value: dict[str, Plain], place: Place) -> dict[str, Json]:
        wrong = self._wrong(value, place)
        made: dict[str, Json] = {key: value[key] for key in _PLAIN if key in value and key not in wrong}
        for key in _ONE:
            if key in value and key not in wrong:
                made[key] = self._inner(key, value[key], place / key)
        for key in _SEVERAL:
            branches = value.get(key)
            if isinstance(branches, list) and key not in wrong:
                made[key] = [self._inner(key, b, place / key / str(i)) for i, b in enumerate(branches)]
        for key in _NAMED:
            named = value.get(key)
            if isinstance(named, dict):
                made[key] = {n: self._inner(key, s, place / key / n) for n, s in named.items()}
        self._write_patterns(made, place)
        if isinstance(made.get("format"), str):
            self.formats.update({made["format"]} - ASSERTED)
        self._hide(value, made, place)
        self._discriminate(value, made, place)
        if made.get("format") in self.annotations:
            del made["format"]
        bounds = _RANGES.get(made["format"]) if isinstance(made.get("format"), str) else None
        if bounds is not None and made.get("type") == "integer":
            if "minimum" not in made and "exclusiveMinimum" not in made:
                made["minimum"] = bounds[0]
            if "maximum" not in made and "exclusiveMaximum" not in made:
                made["maximum"] = bounds[1]
        return made

    def _wrong(self, value: dict[str, Plain], place: Place) -> frozenset[str]:
        """Keywords whose values are none, each of them a flaw."""
        wrong = set[str]()
        modern, is_old = self.contract.is_modern, False
        for key, written in value.items():
            found = objection(key, written, modern)
            if found is None:
                continue
            is_old = is_old or (modern and self.is_old_draft(value, place))
            if is_old and (
                objection(key, written, False) is None or (key == "items" and isinstance(written, list))
            ):
                if key == "items":
                    wrong.add(key)  # `old_draft` reads it
                continue
            if key == "type" and written == "file" and self.contract.version.startswith("2."):
                continue
            wrong.add(key)
            if key == "items" and isinstance(written, list):  # up to 2019-09, and nothing since
                self.object(place / key, found[0], "write `prefixItems`", soft=True)
            else:
                self.object(place / key, *found)
        return frozenset(wrong)

    def _inner(self, key: str, value: Plain, place: Place) -> Json:
        return self.schema(value, place) if key in _SAME_VALUE else self.below(value, place)

    def _write_patterns(self, made: dict[str, Json], place: Place) -> None:
        """As the engine reads them; what none can judge in linear time is left out."""
        if isinstance(made.get("pattern"), str):
            # One pattern may become several, of which some must not match.
            write_place = place / "pattern"
            wanted, unwanted = parted(made.pop("pattern"))
            *first, last = wanted
            whole = self._pattern(last, write_place, counts=True)
            others = [self._pattern(part, write_place, counts=False) for part in first]
            if whole is not None:
                made["pattern"] = whole.pattern
                # What a pattern says of lengths.
                if whole.least:
                    made["minLength"] = max(made.get("minLength", 0), whole.least)
                if whole.most is not None:
                    made["maxLength"] = min(made.get("maxLength", whole.most), whole.most)
            more: list[Json] = [{"pattern": each.pattern} for each in others if each is not None]
            for part in unwanted:
                write_written = self._pattern(part, write_place, counts=False)
                if write_written is not None:
                    more.append({"not": {"type": "string", "pattern": write_written.pattern}})
            if more:
                made["allOf"] = [*made.get("allOf", ()), *more]
        if "patternProperties" not in made:
            return
        named: dict[str, Json] = {}
        for pattern, schema in made["patternProperties"].items():
            written = self._pattern(pattern, place / "patternProperties" / pattern, counts=False)
            if written is None:  # what it names would be taken for further members
                made.pop("additionalProperties", None)
                made.pop("unevaluatedProperties", None)
                continue
            name = written.pattern
            named[name] = {"allOf": [named[name], schema]} if name in named else schema
        made["patternProperties"] = named

    def _pattern(self, pattern: str, place: Place, counts: bool) -> Linear | None:
        try:
            written = linear(pattern, counts)
        except Foreign as why:
            message = f"the pattern {shown(pattern)} is not judged ({why})"
            self.object(place, message, "write it without, or split it into `allOf`", soft=True)
            return None if self.rewrites else Linear(pattern)
        return written if self.rewrites else Linear(pattern)

    def _hide(self, value: dict[str, Plain], made: dict[str, Json], place: Place) -> None:
        """Forbid the properties that this direction must not carry, and do not demand them."""
        properties = value.get("properties")
        if not isinstance(properties, dict):
            return
        hidden = {n for n, schema in properties.items() if self._hidden(schema, place / "properties" / n)}
        for name in hidden if not self.admits_hidden else ():
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
        chooses = isinstance(value.get("oneOf"), list) or isinstance(value.get("anyOf"), list)
        names = self._names(mapping if isinstance(mapping, dict) and chooses else {}, place)
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
                continue
            broken = self.contract.references.why(reference, place)
            at = place / "discriminator" / "mapping" / name
            self.object(at, str(broken), broken.hint)
        return found


def _exclude(made: dict[str, Json], limit: str, exclusive: str) -> None:
    """Up to draft-04, and in OpenAPI 3.0, a flag tells whether the limit itself is excluded."""
    flag = made.get(exclusive)
    if isinstance(flag, bool):
        del made[exclusive]
        if flag and limit in made:
            made[exclusive] = made.pop(limit)

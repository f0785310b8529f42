"""A JSON value that a schema admits, built from the schema alone; the caller validates it."""

from __future__ import annotations

import math
from typing import Any

from batten.live.strings import string_of
from batten.model.record import record

Json = Any  # what a JSON document holds
DEEPEST = 12
_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


class Impossible(ValueError):
    """No value could be made: the schema forbids all, is broken, or never ends."""


@record
class Maker:
    """`turn` chooses among alternatives; `full` also makes what may be left out."""

    definitions: dict[str, Json]
    turn: int = 0
    full: bool = False

    def value(self, schema: Json, depth: int = 0, number: int = 0) -> Json:
        """`number` tells the items of a list apart."""
        if schema is False or depth > DEEPEST:
            raise Impossible
        rules = self._plain(schema, depth)
        if "const" in rules:
            return rules["const"]
        if "enum" in rules:
            if not rules["enum"]:
                raise Impossible
            return rules["enum"][number % len(rules["enum"])]
        return self._of_kind(_kind(rules), rules, depth, number)

    def _of_kind(self, kind: str, rules: dict[str, Json], depth: int, number: int) -> Json:
        match kind:
            case "object":
                return self._object(rules, depth)
            case "array":
                return self._array(rules, depth)
            case "integer" | "number":
                return _number(rules, kind, number)
            case "boolean":
                return True
            case "null":
                return None
            case _:
                text = string_of(rules, number)
                if text is None:
                    raise Impossible
                return text

    def _plain(self, schema: Json, depth: int) -> dict[str, Json]:
        """The schema with its references followed, its parts joined, and one of its alternatives taken."""
        if not isinstance(schema, dict):
            return {}
        if depth > DEEPEST:
            raise Impossible
        rules = {k: v for k, v in schema.items() if k not in ("$ref", "allOf", "oneOf", "anyOf")}
        parts = list(schema.get("allOf", []))
        if "$ref" in schema:
            parts.append(self.definitions.get(str(schema["$ref"]).rpartition("/")[2], {}))
        for word in ("oneOf", "anyOf"):
            if schema.get(word):
                parts.append(schema[word][self.turn % len(schema[word])])
        for part in parts:
            rules = _joined(rules, self._plain(part, depth + 1))
        return rules

    def _object(self, rules: dict[str, Json], depth: int) -> dict[str, Json]:
        known = rules.get("properties", {})
        names = list(dict.fromkeys(rules.get("required", [])))
        least = rules.get("minProperties", 0)
        optional = [n for n in known if n not in names and known[n] is not False]
        names += optional if self.full else optional[: max(0, least - len(names))]
        other = rules.get("additionalProperties", True)
        made = {name: self.value(known.get(name, other), depth + 1) for name in names}
        while len(made) < least:
            made[f"batten{len(made)}"] = self.value(other, depth + 1, len(made))
        return made

    def _array(self, rules: dict[str, Json], depth: int) -> list[Json]:
        first = rules.get("prefixItems", [])
        least, most = rules.get("minItems", 0), rules.get("maxItems", 1)
        count = max(least, min(1, most)) if most or least else 0
        if count > 50:
            raise Impossible
        items = rules.get("items", True)
        return [self.value(first[i] if i < len(first) else items, depth + 1, i) for i in range(count)]


def _kind(rules: dict[str, Json]) -> str:
    kind = rules.get("type")
    if isinstance(kind, list):
        kind = next((k for k in kind if k != "null"), "null")
    if isinstance(kind, str):
        return kind
    if rules.keys() & {"properties", "required", "additionalProperties", "minProperties"}:
        return "object"
    if rules.keys() & {"items", "prefixItems", "minItems"}:
        return "array"
    return "number" if rules.keys() & set(_NUMBERS) else "string"


def _joined(one: dict[str, Json], two: dict[str, Json]) -> dict[str, Json]:
    """Rules that hold both of these, as far as they can be written as one."""
    made = dict(one)
    for word, value in two.items():
        if word not in made:
            made[word] = value
        elif word == "properties":
            both = made[word].keys() & value.keys()
            made[word] = {**made[word], **value, **{n: {"allOf": [made[word][n], value[n]]} for n in both}}
        elif word == "required":
            made[word] = [*made[word], *value]
        elif word == "enum":
            made[word] = [v for v in made[word] if v in value]
        elif word in _LEAST:
            made[word] = max(made[word], value)
        elif word in _MOST:
            made[word] = min(made[word], value)
    return made


def _number(rules: dict[str, Json], kind: str, number: int) -> int | float:
    low, high = rules.get("minimum"), rules.get("maximum")
    under, over = rules.get("exclusiveMinimum"), rules.get("exclusiveMaximum")
    least = max(v for v in (low, under, -math.inf) if v is not None)
    most = min(v for v in (high, over, math.inf) if v is not None)
    step = rules.get("multipleOf") or (1 if kind == "integer" else 0)
    if not step:
        if least < 1 + number < most:
            return 1 + number
        if least != -math.inf and most != math.inf:
            return least + (most - least) / (2 + number)
        return least + 1 + number if least != -math.inf else most - 1 - number
    start = 1 if least < 1 <= most else least if least != -math.inf else most
    value = math.ceil(start / step) * step + number * step
    value += step if value == under else 0
    value -= step * math.ceil((value - most) / step) if value > most else 0
    value -= step if value == over else 0
    return int(value) if kind == "integer" or float(value).is_integer() else value

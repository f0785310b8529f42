"""What of a schema cannot be said in Lua, and where that matters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from batten.guard.lua import automaton
from batten.guard.lua.formats import GRAMMARS, KNOWN
from batten.guard.lua.multiples import scaled
from batten.guard.lua.regex import Unsupported

ONE = ("items", "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else",
       "unevaluatedItems", "unevaluatedProperties")  # fmt: skip
SEVERAL = ("allOf", "anyOf", "oneOf", "prefixItems")
NAMED = ("properties", "patternProperties", "dependentSchemas")
ASKED = frozenset((
    *ONE, *SEVERAL, *NAMED, "$ref", "type", "enum", "const", "minLength", "maxLength", "pattern", "format", "minimum", "maximum",
    "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "required", "minProperties", "maxProperties", "dependentRequired",
    "minItems", "maxItems", "uniqueItems", "minContains", "maxContains",
))  # fmt: skip
Schema = Any


def children(schema: Schema) -> Iterator[Schema]:
    """The schemas that stand in a schema."""
    if not isinstance(schema, dict):
        return
    yield from (schema[key] for key in ONE if key in schema)
    for key in SEVERAL:
        yield from schema.get(key, ())
    for key in NAMED:
        yield from schema.get(key, {}).values()


def within(schema: Schema) -> Iterator[Schema]:
    """A schema and all that stand in it, at any depth."""
    pending = [schema]
    while pending:
        found = pending.pop()
        yield found
        pending += children(found)


def beside(schema: Schema) -> Iterator[Schema]:
    """Those that are asked about the same value."""
    if isinstance(schema, dict):
        yield from (schema[key] for key in ("not", "if", "then", "else") if key in schema)
        for key in ("allOf", "anyOf", "oneOf"):
            yield from schema.get(key, ())
        yield from schema.get("dependentSchemas", {}).values()


def objection(pattern: str) -> str:
    """Why a pattern cannot be compiled; "" where it can."""
    try:
        automaton.compiled(pattern)
    except Unsupported as error:
        return str(error)
    return ""


def own(schema: Schema) -> Iterator[str]:
    """What a schema itself says that cannot be compiled, by name."""
    if not isinstance(schema, dict):
        return
    for pattern in (
        *([schema["pattern"]] if "pattern" in schema else ()),
        *schema.get("patternProperties", ()),
    ):
        why = objection(pattern)
        if why:
            yield f"pattern {pattern!a} ({why})"
    name = schema.get("format")
    if isinstance(name, str) and name in KNOWN and name not in GRAMMARS:
        yield f"format {name!a}"
    if "multipleOf" in schema and scaled(schema["multipleOf"]) is None:
        yield f"multipleOf {schema['multipleOf']}"

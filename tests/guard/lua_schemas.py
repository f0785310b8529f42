"""Schemas and instances at random, so that each instance has a fair chance to be valid."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis_jsonschema import from_schema

NAMES = st.sampled_from(["a", "b", "ab", "é", "x-1", ""])
PATTERNS = st.sampled_from([
    "^a", "b$", "^[a-z]{1,3}$", "é|x", "^(ab|cd)*$", r"\d+", r"^\w+-\d$", "^.$", r"^\S*$", "a.b", "^$", "^[^a-c]+$",
    r"^(?:0|[1-9]\d*)$", "(?=a)", r"(a)\1", r"^[\w.-]+@x$", "", r"^a{2}$", r"^(a|ab)(c|bcd)$", r"\ba",
])  # fmt: skip
FORMATS = st.sampled_from(["date", "time", "date-time", "duration", "ipv4", "ipv6", "uuid", "uri", "uri-reference",
                           "json-pointer", "relative-json-pointer", "email", "hostname", "int32", "byte"])  # fmt: skip
NUMBERS = st.one_of(st.integers(-5, 5), st.sampled_from([0.5, -2.5, 1.5, 1e20, 2**53, 2**53 + 1, -(2**63), 2**63, 10**20]))
SIZES = st.integers(0, 3)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, NAMES, st.text(max_size=4).filter(str.isprintable)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
TYPES = st.sampled_from(["string", "number", "integer", "boolean", "null", "array", "object"])
_LEAVES: dict[str, Any] = {
    "type": TYPES | st.lists(TYPES, min_size=1, max_size=3, unique=True),
    "enum": st.lists(VALUES, min_size=1, max_size=4), "const": VALUES,
    "minLength": SIZES, "maxLength": SIZES, "pattern": PATTERNS, "format": FORMATS,
    "minimum": NUMBERS, "maximum": NUMBERS, "exclusiveMinimum": NUMBERS, "exclusiveMaximum": NUMBERS,
    "multipleOf": st.sampled_from([1, 2, 3, 0.5, 0.1, 0.01, 1.5, 2.0, 7, 1e-8]),
    "minItems": SIZES, "maxItems": SIZES, "uniqueItems": st.booleans(),
    "minProperties": SIZES, "maxProperties": SIZES, "required": st.lists(NAMES, max_size=2, unique=True),
    "dependentRequired": st.dictionaries(NAMES, st.lists(NAMES, max_size=2, unique=True), max_size=2),
}  # fmt: skip
_COUNTS = {"minContains": SIZES, "maxContains": SIZES}
LEAVES = st.booleans() | st.fixed_dictionaries({}, optional=_LEAVES) | st.builds(dict, type=TYPES)


def _below(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=3)
    keys: dict[str, Any] = {
        "properties": st.dictionaries(NAMES, inner, min_size=1, max_size=3),
        "patternProperties": st.dictionaries(PATTERNS, inner, min_size=1, max_size=2),
        "dependentSchemas": st.dictionaries(NAMES, inner, min_size=1, max_size=2),
        "prefixItems": several, "allOf": several, "anyOf": several, "oneOf": several,
        **dict.fromkeys(("items", "additionalProperties", "contains", "propertyNames", "not", "if", "then", "else",
                         "unevaluatedItems", "unevaluatedProperties"), inner),
    }  # fmt: skip
    few = st.lists(st.sampled_from(sorted(keys)), min_size=1, max_size=4, unique=True)
    some = st.lists(st.sampled_from(sorted({**_LEAVES, **_COUNTS})), max_size=2, unique=True)
    rows = {**keys, **_LEAVES, **_COUNTS}
    return st.tuples(few, some).flatmap(lambda n: st.fixed_dictionaries({key: rows[key] for key in (*n[0], *n[1])}))


_REFERENCE = st.sampled_from([{"$ref": "#/$defs/0"}, {"$ref": "#/$defs/1"}])
_TREES = st.recursive(LEAVES | _REFERENCE, _below, max_leaves=8)


@st.composite
def schemas(draw: st.DrawFn) -> Any:
    """A schema as the dialect bundles it: references lead to `$defs` by number."""
    body = draw(_TREES)
    return {"allOf": [body], "$defs": {"0": draw(_TREES), "1": draw(LEAVES)}}


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Any, Any]:
    schema = draw(schemas())
    return schema, draw(VALUES)


def fitting(schema: Any) -> st.SearchStrategy[Any]:
    return from_schema(schema)

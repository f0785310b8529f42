"""Schemas and instances at random, so that each instance has a fair chance to be valid."""

from __future__ import annotations

from typing import Any

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument, Unsatisfiable
from hypothesis_jsonschema import from_schema

NAMES = st.sampled_from(["a", "b", "ab", "é", "x-1", ""])
PATTERNS = st.sampled_from([
    "^a", "b$", "^[a-z]{1,3}$", "é|x", "^(ab|cd)*$", r"\d+", r"^\w+-\d$", "^.$", r"^\S*$", "a.b", "^$", "^[^a-c]+$",
    r"^(?:0|[1-9]\d*)$", "(?=a)", r"(a)\1", r"^[\w.-]+@x$", "", r"^a{2}$", r"^(a|ab)(c|bcd)$", r"\ba",
])  # fmt: skip
FORMATS = st.sampled_from(["date", "time", "date-time", "duration", "ipv4", "ipv6", "uuid", "uri", "uri-reference",
                           "json-pointer", "relative-json-pointer", "email", "hostname", "int32", "byte"])  # fmt: skip
NUMBERS = st.one_of(
    st.integers(-5, 5), st.sampled_from([0.5, -2.5, 1.5, 1e20, 2**53, 2**53 + 1, -(2**63), 2**63, 10**20])
)
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
_FOR_OBJECTS = {"required", "dependentRequired", "minProperties", "maxProperties", "enum", "const"}
# What hypothesis-jsonschema says of schemas that nothing fits, and of patterns that Python does not have.
_NO_INSTANCE = (InvalidArgument, Unsatisfiable, ValueError)
_COUNTS = {"minContains": SIZES, "maxContains": SIZES}
LEAVES: st.SearchStrategy[Any] = (
    st.booleans() | st.fixed_dictionaries({}, optional=_LEAVES) | st.builds(dict, type=TYPES)
)


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
    return st.tuples(few, some).flatmap(
        lambda n: st.fixed_dictionaries({key: rows[key] for key in (*n[0], *n[1])})
    )


_REFERENCE = st.sampled_from([{"$ref": "#/$defs/0"}, {"$ref": "#/$defs/1"}])
_TREES = st.recursive(LEAVES | _REFERENCE, _below, max_leaves=8)


@st.composite
def schemas(draw: st.DrawFn) -> Any:
    """A schema as the dialect bundles it: references lead to `$defs` by number."""
    body = draw(_TREES)
    return {"allOf": [body], "$defs": {"0": draw(_TREES), "1": draw(LEAVES)}}


@st.composite
def likely(draw: st.DrawFn, schema: Any, root: Any, depth: int = 0) -> Any:
    """A value that follows the schema's first hints, and so is valid more often than one at random."""
    if not isinstance(schema, dict) or depth > 5 or draw(st.integers(0, 9)) == 0:
        return draw(VALUES)
    for key in ("allOf", "anyOf", "oneOf"):
        if schema.get(key) and not schema.keys() & {"properties", "prefixItems", "items"}:
            return draw(likely(draw(st.sampled_from(schema[key])), root, depth + 1))
    if "$ref" in schema:
        return draw(likely(root["$defs"][schema["$ref"][-1]], root, depth + 1))
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return draw(st.sampled_from(schema["enum"]))
    if schema.keys() & {"properties", "required", "patternProperties", "dependentSchemas"}:
        names = [
            *schema.get("properties", {}),
            *schema.get("required", ()),
            *draw(st.lists(NAMES, max_size=1)),
        ]
        parts = schema.get("properties", {})
        return {name: draw(likely(parts.get(name, True), root, depth + 1)) for name in names}
    if schema.keys() & {"prefixItems", "items", "contains"}:
        parts = [
            *schema.get("prefixItems", ()),
            *([schema.get("contains", schema.get("items"))] * draw(SIZES)),
        ]
        return [draw(likely(part, root, depth + 1)) for part in parts]
    return draw(_of_leaf(schema))


TEXTS = st.one_of(
    NAMES,
    st.text(alphabet="abcdx019-.@é \n😀", max_size=6),
    st.sampled_from(["2024-02-29", "2023-02-29", "23:59:60Z", "2020-01-01T00:00:00+01:00", "1.2.3.4", "::1", "P1D", "http://a/?b#c",
                     "a/b", "/a~0b", "0#", "00000000-0000-4000-8000-000000000000", "a@b.example", "host.example", "ab-1", "cdab"]),
)  # fmt: skip


def _of_leaf(schema: Any) -> st.SearchStrategy[Any]:
    if schema.keys() & {"pattern", "format", "minLength", "maxLength"}:
        return TEXTS
    if schema.keys() & {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}:
        return NUMBERS | st.floats(-20, 20).map(lambda n: round(n, 2)) | st.integers(-(2**70), 2**70)
    return TEXTS | VALUES


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Any, list[Any]]:
    schema = draw(schemas())
    return schema, [draw(likely(schema, schema)), draw(likely(schema, schema)), draw(VALUES)]


def api_schemas() -> st.SearchStrategy[Any]:
    """What contracts mostly have: closed objects of plain members."""
    leaves = st.sampled_from([
        {"type": "string", "maxLength": 3}, {"type": "string", "format": "date-time"}, {"type": "string", "format": "uuid"},
        {"type": "integer", "minimum": 1}, {"type": "number", "multipleOf": 0.01}, {"type": "boolean"},
        {"type": "string", "pattern": "^[a-z]{2}[0-9]+$"}, {"enum": ["a", 1, None]}, {"type": ["string", "null"], "minLength": 1},
    ])  # fmt: skip
    return st.recursive(
        leaves,
        lambda inner: (
            st.builds(lambda i: {"type": "array", "items": i, "maxItems": 3, "uniqueItems": True}, inner)
            | st.builds(
                lambda p, c: {
                    "type": "object",
                    "properties": p,
                    "required": sorted(p)[:1],
                    "additionalProperties": c,
                },
                st.dictionaries(NAMES, inner, min_size=1, max_size=3),
                st.booleans(),
            )
        ),
        max_leaves=5,
    )


@st.composite
def api_pairs(draw: st.DrawFn) -> tuple[Any, list[Any]]:
    """Instances that mostly fit, and the same with one part replaced."""
    schema = draw(api_schemas())
    value = draw(likely(schema, schema))
    return schema, [value, draw(_spoiled(value))]


@st.composite
def generated_pairs(draw: st.DrawFn) -> tuple[Any, list[Any]]:
    """Instances that hypothesis-jsonschema makes, and the same with one part replaced; it makes no objects today."""
    leaf = draw(LEAVES.filter(lambda schema: isinstance(schema, dict) and not schema.keys() & _FOR_OBJECTS))
    leaf = {**leaf, "type": draw(TYPES.filter(lambda kind: kind not in ("object", "array")))}
    schema = draw(st.sampled_from([leaf, {"type": "array", "items": leaf, "maxItems": 3}]))
    try:
        value = draw(from_schema(schema))
    except _NO_INSTANCE:
        assume(False)
    return schema, [value, draw(_spoiled(value)), draw(_spoiled(value))]


@st.composite
def _spoiled(draw: st.DrawFn, value: Any) -> Any:
    if isinstance(value, dict) and value:
        key = draw(st.sampled_from(sorted(value)))
        return {**value, key: draw(_spoiled(value[key]))}
    if isinstance(value, list) and value:
        return [*value[:-1], draw(_spoiled(value[-1]))]
    return draw(VALUES)

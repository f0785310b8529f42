"""Every keyword of the dialects, compiled to Lua: what fits, what does not, and what it has nothing to say about."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from lua_engines import ENGINES, verdicts

from batten.contract import load
from batten.contract.bundles import Bundles
from batten.contract.dialect import Direction
from batten.contract.keywords import ASSERTED
from batten.contract.validators import _compiled
from batten.formats import Workspace
from batten.guard.lua.formats import GRAMMARS
from batten.guard.lua.schemas import Compiler
from needs import needs

sys.path.append(str(Path(__file__).parents[2] / "tools"))
guard_keywords = import_module("guard_keywords")
pytestmark = needs("luajit", ENGINES)
TREE = {"$ref": "#/$defs/0", "$defs": {"0": {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}, "kids": {
    "type": "array", "items": {"$ref": "#/$defs/0"}}}, "additionalProperties": False}}}  # fmt: skip
MUTUAL = {"$ref": "#/$defs/0", "$defs": {"0": {"properties": {"other": {"$ref": "#/$defs/1"}}}, "1": {
    "type": "object", "properties": {"back": {"$ref": "#/$defs/0"}, "leaf": {"type": "null"}}}}}  # fmt: skip
MANY = {
    "type": "object",
    "required": ["m7", "m29"],
    "properties": {f"m{n}": {"type": "integer"} for n in range(30)},
}
FULL = {f"m{n}": n for n in range(30)}
# A schema, what fits it, and what does not.
KEYWORDS: dict[str, tuple[Any, list[Any], list[Any]]] = {
    "type string": ({"type": "string"}, ["", "é", "\n", "\U0001f600", "a" * 300], [None, 1, [], {}, True]),
    "type number": ({"type": "number"}, [0, -0.0, 1.5, 2**53 + 1, -1e300, 12345678901234567890], ["1", None, True, [1]]),
    "type integer": ({"type": "integer"}, [0, -3, 2.0, 1e3, 10**30, -(10**30)], [0.5, "1", False, None, 1e-3]),
    "type boolean": ({"type": "boolean"}, [True, False], [0, 1, "true", None]),
    "type null": ({"type": "null"}, [None], [0, False, "", "null", [], {}]),
    "type object": ({"type": "object"}, [{}, {"": None}, {"a": {"b": []}}], [[], None, "{}"]),
    "type array": ({"type": "array"}, [[], [None, [1]], [{}]], [{}, "[]", 0]),
    "several types": ({"type": ["string", "null", "integer"]}, ["a", None, 7, 7.0], [7.5, True, [], {}]),
    "array or null": ({"type": ["array", "null"], "items": {"type": "integer"}}, [None, [], [1]], [["a"], [None], 1]),
    "no type": ({"maxLength": 2, "maximum": 5, "maxItems": 1, "maxProperties": 1}, ["ab", 5, [1], {"a": 1}, None, True], ["abc", 6, [1, 2], {"a": 1, "b": 2}]),
    "const": ({"const": {"a": [1, None], "b": 0}}, [{"b": 0, "a": [1, None]}, {"a": [1.0, None], "b": -0.0}], [{"a": [1, None]}, {"a": [None, 1], "b": 0}, {"a": [1, None], "b": False}]),
    "const of one": ({"const": 1}, [1, 1.0], [True, "1", 2, 1.5]),
    "const false": ({"const": False}, [False], [0, None, True, "false"]),
    "const null": ({"const": None}, [None], [False, 0, ""]),
    "const large": ({"const": 2**64}, [2**64], [2**64 + 1, 2**63, str(2**64)]),
    "enum": ({"enum": ["a", 1, None, [True], {"k": 0.5}]}, ["a", 1.0, None, [True], {"k": 0.5}], ["b", True, [1], {"k": 1}, {}, [[True]]]),
    "enum of texts": ({"type": "string", "enum": ["open", "ge schl", 'q"', "\u00e9"]}, ["open", "ge schl", 'q"', "\u00e9"], ["OPEN", "ope", "e", None, 1]),
    "enum of texts and null": ({"type": ["string", "null"], "enum": ["a", None]}, ["a", None], ["b", "null", 0]),
    "enum that the type narrows": ({"type": "string", "enum": ["a", None, 3]}, ["a"], [None, 3, "b"]),
    "multipleOf": ({"multipleOf": 0.05}, [0, 0.15, -1.05, 3, 2**60, "a"], [0.07, 1.001, 1e-9]),
    "multipleOf a whole number": ({"multipleOf": 12}, [0, 24, -36, 12 * 10**20, 1.2e1], [1, 25, 12.5, 12 * 10**20 + 1]),
    "maximum": ({"maximum": 9.5}, [9.5, 9, -(2**70), "10"], [9.51, 10, 2**70]),
    "minimum": ({"minimum": -1}, [-1, -1.0, 0, 10**30], [-1.01, -2, -(10**30)]),
    "exclusiveMaximum": ({"exclusiveMaximum": 3}, [2.999, -5], [3, 3.0, 4]),
    "exclusiveMinimum": ({"exclusiveMinimum": 2**53}, [2**53 + 1, 2**54], [2**53, 1, 2**53 - 1]),
    "int64": ({"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1}, [2**63 - 1, -(2**63), 0], [2**63, -(2**63) - 1, 10**40]),
    "maxLength in characters": ({"maxLength": 3}, ["\U0001f600" * 3, "abc", "e\u0301x", 1234], ["\U0001f600" * 4, "abcd", "e\u0301xy"]),
    "minLength in characters": ({"minLength": 2}, ["ab", "\u00e9\u00e9", "\U0001f600a"], ["", "a", "\U0001f600", "\u00e9"]),
    "maxLength zero": ({"type": "string", "maxLength": 0}, [""], ["a", " "]),
    "pattern anywhere": ({"pattern": "b+c"}, ["abbc", "bc", 4], ["b", "ac", ""]),
    "pattern of a whole": ({"type": "string", "pattern": "^[A-Z]{2}-\\d{3,4}$"}, ["AB-123", "XY-0000"], ["AB-12", "ab-123", "AB-12345", "AB-123 "]),
    "pattern in Unicode": ({"pattern": "^\u00fc[\u00e0-\u00ff]*$"}, ["\u00fc", "\u00fc\u00e9"], ["u", "\u00fca"]),
    "format date": ({"format": "date"}, ["2024-02-29", 20240229], ["2023-02-29", "2024-13-01", "2024-2-3"]),
    "format date-time": ({"type": "string", "format": "date-time"}, ["2024-05-06T07:08:09Z", "2024-05-06T07:08:09.25+02:00"], ["2024-05-06", "2024-05-06T25:00:00Z", ""]),
    "format uuid": ({"format": "uuid"}, ["8c5f2a0e-1b7d-4c57-9f5e-0a1b2c3d4e5f"], ["8c5f2a0e1b7d4c579f5e0a1b2c3d4e5f", "x"]),
    "format ipv4": ({"format": "ipv4"}, ["10.0.0.255"], ["10.0.0.256", "10.0.0"]),
    "format uri": ({"format": "uri"}, ["https://shop.example/a?b=c"], ["/a", "not a uri"]),
    "format unknown": ({"format": "colour"}, ["anything", 1], []),
    "maxItems": ({"maxItems": 2}, [[], [1, 2], "abc"], [[1, 2, 3]]),
    "minItems": ({"minItems": 1, "type": "array"}, [[0], [[]]], [[], None]),
    "uniqueItems": ({"uniqueItems": True}, [[], [1, "1", True, None, [1], {"1": 1}], [{"a": 1}, {"a": 2}]],
                    [[1, 1.0], [{"a": [1], "b": 2}, {"b": 2.0, "a": [1]}], [[[]], [[]]], [2**60, 2**60], ["\u00e9", "\u00e9"]]),
    "uniqueItems false": ({"uniqueItems": False}, [[1, 1]], []),
    "items": ({"items": {"type": "boolean"}}, [[], [True, False], {"a": 1}], [[1], [True, None]]),
    "items false": ({"items": False}, [[]], [[None]]),
    "prefixItems": ({"prefixItems": [{"type": "string"}, {"minimum": 3}]}, [["a", 3], ["a"], [], ["a", "b", 0]], [[1], ["a", 2]]),
    "prefixItems and items": ({"prefixItems": [True], "items": {"type": "null"}}, [[5], [5, None]], [[5, 5]]),
    "contains": ({"contains": {"const": 7}}, [[7], [0, 7.0]], [[], ["7"]]),
    "minContains and maxContains": ({"contains": {"type": "integer"}, "minContains": 2, "maxContains": 3}, [[1, 2], [1, "a", 2, 3]], [[1], [1, 2, 3, 4], []]),
    "minContains zero": ({"contains": {"type": "integer"}, "minContains": 0, "maxContains": 1}, [[], ["a"], [1]], [[1, 2]]),
    "unevaluatedItems": ({"prefixItems": [{"type": "string"}], "anyOf": [{"prefixItems": [True, {"const": 1}]}, True], "unevaluatedItems": {"type": "null"}},
                         [["a"], ["a", 1, None], ["a", None]], [["a", 2], ["a", 1, 2]]),
    "maxProperties": ({"maxProperties": 1}, [{}, {"a": 1}, [1, 2]], [{"a": 1, "b": 2}]),
    "minProperties": ({"type": "object", "minProperties": 2}, [{"a": 1, "b": None}], [{}, {"a": 1}]),
    "required": ({"type": "object", "required": ["a", "b"]}, [{"a": None, "b": False}, {"a": 1, "b": 1, "c": 1}], [{"a": 1}, {}, []]),
    "required beside additionalProperties": ({"required": ["a"], "additionalProperties": {"type": "integer"}}, [{"a": 1}], [{"a": "x"}, {"b": 1}]),
    "properties": ({"properties": {"a": {"type": "integer"}, "": {"type": "null"}, 'q"\\': {"type": "boolean"}}}, [{}, {"a": 1, "": None, 'q"\\': True, "z": {}}, 3], [{"a": "1"}, {"": 0}, {'q"\\': 1}]),
    "a property that must not be": ({"properties": {"a": False}}, [{"b": 1}], [{"a": None}]),
    "many properties": (MANY, [FULL, {"m7": 1, "m29": 2, "other": []}], [{**FULL, "m12": "x"}, {"m7": 1}, {"m29": 1, "m0": 1}]),
    "many properties, closed": ({**MANY, "additionalProperties": False}, [FULL], [{**FULL, "other": 1}, {**FULL, "m0": None}]),
    "patternProperties": ({"patternProperties": {"^x-": {"type": "string"}, "id$": {"type": "integer"}}}, [{"x-a": "b", "id": 1, "c": []}], [{"x-a": 1}, {"uid": "1"}, {"x-id": "both"}]),
    "additionalProperties": ({"properties": {"a": True}, "patternProperties": {"^p": True}, "additionalProperties": {"type": "null"}}, [{"a": 1, "p": 2, "z": None}], [{"z": 0}]),
    "additionalProperties false": ({"properties": {"a": {"type": "integer"}}, "additionalProperties": False}, [{}, {"a": 1}], [{"b": 1}, {"a": 1, "A": 1}, {"a": None}]),
    "propertyNames": ({"propertyNames": {"pattern": "^[a-z]+$"}}, [{"ab": 1}, {}], [{"aB": 1}, {"": 1}]),
    "unevaluatedProperties": ({"properties": {"a": True}, "allOf": [{"properties": {"b": True}}], "unevaluatedProperties": False}, [{"a": 1, "b": 2}], [{"c": 1}, {"a": 1, "c": 1}]),
    "unevaluatedProperties after oneOf": ({"oneOf": [{"required": ["a"], "properties": {"a": True}}, {"required": ["b"], "properties": {"b": True}}], "unevaluatedProperties": False},
                                         [{"a": 1}, {"b": 1}], [{"a": 1, "b": 1}, {"a": 1, "c": 1}, {}]),
    "dependentRequired": ({"dependentRequired": {"card": ["cvc", "name"]}}, [{"card": 1, "cvc": 2, "name": 3}, {"cvc": 1}], [{"card": 1, "cvc": 2}]),
    "dependentSchemas": ({"dependentSchemas": {"a": {"properties": {"b": {"type": "string"}}}}}, [{"a": 1, "b": "x"}, {"b": 1}], [{"a": 1, "b": 1}]),
    "allOf": ({"allOf": [{"minimum": 2}, {"maximum": 4}]}, [2, 4, "x"], [1, 5]),
    "anyOf": ({"anyOf": [{"type": "string"}, {"minimum": 5}]}, ["a", 5, True], [4]),
    "oneOf": ({"oneOf": [{"multipleOf": 2}, {"multipleOf": 3}]}, [2, 3, 9], [6, 5, "a"]),
    "not": ({"not": {"type": ["string", "null"]}}, [1, [], False], ["a", None]),
    "if, then, else": ({"if": {"properties": {"kind": {"const": "a"}}}, "then": {"required": ["x"]}, "else": {"required": ["y"]}},
                       [{"kind": "a", "x": 1}, {"kind": "b", "y": 1}], [{"kind": "a", "y": 1}, {"kind": "b", "x": 1}, {}]),
    "then without if": ({"then": False}, [1, {}], []),
    "a tree": (TREE, [{"n": 1}, {"n": 1, "kids": [{"n": 2, "kids": []}]}], [{"n": 1, "kids": [{"n": "2"}]}, {"n": 1, "kids": [{"kids": []}]}, {"n": 1, "x": 1}]),
    "two that lead to each other": (MUTUAL, [{"other": {"back": {"other": {"leaf": None}}}}, {}], [{"other": {"back": {"other": {"leaf": 1}}}}, {"other": []}]),
    "true": (True, [1, None, {}], []),
    "false": (False, [], [1, None, {}]),
    "nothing asked": ({"title": "A", "default": 1, "x-any": {"type": "string"}, "$comment": "c"}, [1, "a"], []),
}  # fmt: skip


def test_every_keyword() -> None:
    compiler = Compiler()
    asked, expected = [], []
    for name, (schema, good, bad) in KEYWORDS.items():
        oracle, (condition, reader, left_out) = _compiled(schema), compiler.compile(schema)
        assert left_out == (), name
        for instance in (*good, *bad):
            valid = any(instance is each for each in good)
            assert oracle.is_valid(instance) is valid, (name, instance)
            for text in (json.dumps(instance), json.dumps(instance, ensure_ascii=False, indent=1)):
                asked.append((condition, reader, text))
                expected.append((name, text, "1" if valid else "0"))
    for engine in ENGINES:
        found = verdicts(engine, asked, compiler)
        wrong = [row for row, verdict in zip(expected, found, strict=True) if row[2] != verdict]
        assert wrong == [], engine


OLD = """\
openapi: 3.0.3
info: {title: A, version: "1"}
paths:
  /pets:
    get: {responses: {"200": {description: a, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}}}
components:
  schemas:
    Pet:
      oneOf: [{$ref: "#/components/schemas/Cat"}, {$ref: "#/components/schemas/Dog"}]
      discriminator: {propertyName: kind, mapping: {kitten: "#/components/schemas/Cat"}}
    Cat:
      type: object
      required: [kind, lives, secret]
      properties:
        kind: {type: string}
        lives: {type: integer, minimum: 0, exclusiveMinimum: true, maximum: 9, exclusiveMaximum: false}
        secret: {type: string, writeOnly: true}
        owner: {type: object, nullable: true, required: [id], properties: {id: {type: integer, format: int32}}}
        mood: {type: string, nullable: true, enum: [calm, cross]}
    Dog: {type: object, required: [kind], properties: {kind: {type: string}, breed: {type: string, maxLength: 3}}}
"""
OLD_GOOD: tuple[Any, ...] = (
    {"kind": "kitten", "lives": 1},
    {"kind": "kitten", "lives": 9, "owner": None, "mood": None},
    {"kind": "kitten", "lives": 2, "owner": {"id": 7}, "mood": "calm"},
    {"kind": "Dog", "breed": "pug"},
)
OLD_BAD: tuple[Any, ...] = (
    {"kind": "kitten", "lives": 0},
    {"kind": "kitten", "lives": 10},
    {"kind": "kitten", "lives": 1, "secret": "s"},
    {"kind": "kitten", "lives": 1, "owner": {"id": 2**31}},
    {"kind": "kitten", "lives": 1, "owner": {}},
    {"kind": "kitten", "lives": 1, "mood": "sad"},
    {"kind": "Cat", "lives": 1},
    {"kind": "Dog", "breed": "boxer"},
    {"kind": "cow"},
    {"lives": 1},
    None,
)


def test_the_dialect_of_openapi_3_0() -> None:
    """`nullable`, a discriminator, `writeOnly`, and exclusive bounds that are switches."""
    read, problems = load(Workspace(Path(), {"openapi.yaml": OLD}), "openapi.yaml")
    assert not problems
    schema = read.operations[0].responses["200"].media["application/json"].schema
    assert schema is not None
    compiler = Compiler()
    condition, reader, left_out = compiler.compile(Bundles(read).bundle(schema, Direction.RESPONSE))
    assert left_out == ()
    asked = [(condition, reader, json.dumps(each)) for each in (*OLD_GOOD, *OLD_BAD)]
    for engine in ENGINES:
        assert verdicts(engine, asked, compiler) == ["1"] * len(OLD_GOOD) + ["0"] * len(OLD_BAD)


@pytest.mark.parametrize("text", ['{"a": 1, "a": 1}', '{"a": 1, "\\u0061": 1}', '{"z": 1, "z": 2}', "[1,]", "[,1]", '{"a": 1,}', '{"a" 1}', '{"a": 01}',
                                  '{"a": 1.}', '{"a": -}', '{"a": 1e}', '{"a": "\\ud800"}', '{"a": "\x01"}', '{"a": tru}', "", '{"a": 1} x', '{"a": NaN}',
                                  '{a: 1}', "{'a': 1}", '{"a": 1', '[1', '"a', '{"a": +1}', '{"a": 1e999}', "\ufeff{}"])  # fmt: skip
def test_readers_take_no_text_that_is_not_strict_json(text: str) -> None:
    """Whatever the schema is, and so whichever way the text is read."""
    schemas: tuple[Any, ...] = (
        {"properties": {"a": {"type": ["number", "string", "boolean"]}, "z": {"type": "number"}}, "items": {"type": "number"}},
        {"additionalProperties": {"maximum": 9}, "items": {"maxLength": 2}},
        {"minProperties": 0, "maxItems": 9, "maxLength": 9},
        {"anyOf": [True, {"type": "string"}]},
        MANY | {"required": []},
    )  # fmt: skip
    compiler = Compiler()
    asked = [(*compiler.compile(schema)[:2], text) for schema in schemas]
    for engine in ENGINES:
        assert verdicts(engine, asked, compiler) == ["-"] * len(schemas)


def test_branches_that_lead_to_one_part_cost_no_more_at_depth() -> None:
    """Ninety levels, each judged by two branches: what was said of a list is noted."""
    items = {"type": "array", "items": {"$ref": "#/$defs/0"}}
    ways: tuple[Any, ...] = (
        {"anyOf": [items, {**items, "maxItems": 99}, {"type": "null"}]},
        {"oneOf": [items, {**items, "maxItems": 0}, {"type": "null"}]},
        {"if": items, "then": items, "else": {"type": "null"}},
    )
    compiler = Compiler()
    asked = []
    for way in ways:
        check, reader, left_out = compiler.compile({"$ref": "#/$defs/0", "$defs": {"0": way}})
        assert left_out == ()
        asked += [(check, reader, "[" * 90 + core + "]" * 90) for core in ("null", "1")]
    for engine in ENGINES:
        assert verdicts(engine, asked, compiler) == ["1", "0"] * len(ways)


def test_numbers_near_the_ends_of_a_double_are_few() -> None:
    compiler = Compiler()
    check, reader, _ = compiler.compile({"items": {"type": "number"}})
    for engine in ENGINES:
        asked = [(check, reader, "[" + ",".join(["1e-300"] * count) + "]") for count in (10_000, 10_001)]
        assert verdicts(engine, asked, compiler) == ["1", "-"]


def test_every_format_that_is_judged() -> None:
    """Those of docs/guard-contract.md, on what fits them and what does not."""
    compiler, asked, expected = Compiler(), [], []
    for name, (good, bad) in guard_keywords.FORMATS.items():
        check, reader, left_out = compiler.compile({"format": name})
        if name in ASSERTED and not left_out and isinstance(good, str):
            asked += [(check, reader, json.dumps(good)), (check, reader, json.dumps(bad))]
            expected += [(name, "1"), (name, "0")]
    assert {name for name, _ in expected} == set(GRAMMARS)
    for engine in ENGINES:
        found = verdicts(engine, asked, compiler)
        assert [(name, was) for (name, said), was in zip(expected, found, strict=True) if was != said] == []

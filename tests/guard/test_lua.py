"""Schemas compiled to Lua, against the validator that the guard in Python asks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lua_engines import ENGINES, check, run, verdicts
from lua_schemas import TEXTS, VALUES, api_pairs, generated_pairs, pairs

from batten.contract.strict_json import strict_json
from batten.contract.validators import _compiled
from batten.guard.lua import program
from batten.guard.lua.automaton import compiled
from batten.guard.lua.regex import Unsupported
from batten.guard.lua.schemas import Compiler
from needs import needs

engine = needs("luajit", ENGINES)
collecting = settings(database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
TEXT_PARTS = st.sampled_from([
    "{", "}", "[", "]", ",", ":", '"', '"a"', '"b"', "1", "-0", "0.5", "1e3", "1E400", "01", "+1", "1.", ".5", "true", "nul", "null", " ",
    "\n", "\t", "\ufeff", "\\u0061", '"\\ud800"', '"\\ud83d\\ude00"', '"\\n"', '"\\x"', "é", "\x00", "\x7f", "NaN", "/**/", "9007199254740993",
    "123456789012345678901234567890", "1e-400", "\u00a0", '"\\u00e9"', '"\\/"', "-",
])  # fmt: skip


PORTION = 500  # schemas of one Lua program


def _is_equal(pairs: list[tuple[Any, list[Any]]]) -> None:
    """Every engine says of every pair what jsonschema-rs says; where something is left out, it may be milder."""
    compiler = Compiler()
    asked, expected = [], []
    for schema, instances in pairs:
        try:
            oracle = _compiled(schema)
        except ValueError:  # a pattern that it takes for none
            continue
        condition, reader, left_out = compiler.compile(schema)
        for instance in instances:
            asked.append((condition, reader, json.dumps(instance)))
            expected.append((schema, instance, oracle.is_valid(instance), left_out))
    for engine in ENGINES:
        for found, (schema, instance, valid, left_out) in zip(
            verdicts(engine, asked, compiler), expected, strict=True
        ):
            wanted = ("1",) if valid else ("0", "1") if left_out else ("0",)
            assert found in wanted, (engine, left_out, json.dumps(schema), json.dumps(instance))


@engine
@pytest.mark.parametrize(
    "strategy", [pairs(), api_pairs(), generated_pairs()], ids=["any", "api", "generated"]
)
def test_schemas_mean_what_they_mean_to_jsonschema(
    strategy: st.SearchStrategy[tuple[Any, list[Any]]],
) -> None:
    found: list[tuple[Any, list[Any]]] = []
    collecting(given(strategy)(lambda pair: found.append(pair)))()
    for start in range(0, len(found), PORTION):
        _is_equal(found[start : start + PORTION])
    print(f"{sum(len(instances) for _, instances in found)} pairs of {len(found)} schemas")


@engine
def test_what_the_official_suite_asks_for() -> None:
    _is_equal(SUITE)


SUITE: list[tuple[Any, list[Any]]] = [
    ({"type": "integer"}, [1, 1.0, 1.5, 1e300, True, None, 2**70, -(2**70)]),
    ({"type": ["integer", "null"]}, [1, None, "a"]),
    ({"enum": [1, "a", None, [1], {"a": 1}, 2**60, True]}, [1, 1.0, True, False, 0, "1", "a", None, [1], [1.0], ["[#1]"], "[#1]", {"a": 1}, {"a": True},
                                                           2**60, 2**60 + 1, "n", "t"]),
    ({"const": {"a": [1, {"b": None}]}}, [{"a": [1, {"b": None}]}, {"a": [{"b": None}, 1]}, {"a": [1.0, {"b": None}]}, {}]),
    ({"const": 9007199254740993}, [9007199254740993, 9007199254740992]),
    ({"maximum": 9007199254740993}, [9007199254740993, 9007199254740994, 9007199254740992, -(2**80), 2**80, 1.5]),
    ({"minimum": -(2**63), "maximum": 2**63 - 1}, [2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 0.5, 1e30]),
    ({"multipleOf": 0.01}, [19.99, 4.35, 0.07, 1.005, 123456.78, 0, -4.35]),
    ({"multipleOf": 7}, [20, 200, 700, 7e20]),
    ({"multipleOf": 3}, [9, 10, 2**70, 3 * 2**70, 1e300, 1.5, 0]),
    ({"maxLength": 2}, ["é𝒳", "éé\u0301", "ab", "abc", ""]),
    ({"minLength": 2}, ["é", "éa", "𝒳"]),
    ({"uniqueItems": True}, [[1, 1.0], [1, True], [{"a": 1, "b": 2}, {"b": 2, "a": 1}], [[1], ["1"]], ["#1", 1], [None, None], [2**60, 2**60 + 1]]),
    ({"prefixItems": [{"type": "string"}], "items": False}, [[], ["a"], [1], ["a", 1]]),
    ({"contains": {"const": 1}, "minContains": 0}, [[], [2]]),
    ({"contains": {"const": 1}, "minContains": 2, "maxContains": 3}, [[1], [1, 1], [1] * 4, "a"]),
    ({"properties": {"a": False}}, [{}, {"a": 1}, {"b": 1}]),
    ({"additionalProperties": False, "patternProperties": {"^x-": True}}, [{"x-a": 1}, {"y": 1}, {}]),
    ({"additionalProperties": False}, [{}, {"a": 1}, []]),
    ({"properties": {"a": True}, "additionalProperties": {"type": "string"}}, [{"a": 1, "b": "x"}, {"b": 1}]),
    ({"propertyNames": {"maxLength": 1}}, [{"a": 1}, {"ab": 1}, {}]),
    ({"dependentRequired": {"a": ["b"]}}, [{"a": 1}, {"a": 1, "b": 2}, {"b": 2}]),
    ({"dependentSchemas": {"a": {"minProperties": 2}}}, [{"a": 1}, {"a": 1, "b": 2}]),
    ({"if": {"type": "string"}, "then": {"minLength": 2}, "else": {"minimum": 2}}, ["a", "ab", 1, 2, None]),
    ({"oneOf": [{"type": "integer"}, {"minimum": 2}]}, [1, 2, 2.5, "a"]),
    ({"not": {"required": ["a"]}}, [{}, {"a": 1}, 3]),
    ({"allOf": [{"properties": {"a": True}}], "unevaluatedProperties": False}, [{"a": 1}, {"b": 1}, {}]),
    ({"anyOf": [{"properties": {"a": {"const": 1}}, "required": ["a"]}, {"properties": {"b": True}}], "unevaluatedProperties": False},
     [{"a": 1}, {"a": 2}, {"b": 1}, {"a": 1, "b": 1}, {"a": 2, "b": 1}]),
    ({"if": {"required": ["k"], "properties": {"k": True}}, "then": {"properties": {"a": True}}, "else": {"properties": {"b": True}},
      "unevaluatedProperties": False}, [{"k": 1, "a": 1}, {"k": 1, "b": 1}, {"b": 1}, {"a": 1}]),
    ({"prefixItems": [True], "contains": {"type": "string"}, "unevaluatedItems": False}, [[1], [1, "a"], [1, "a", 2], ["a"]]),
    ({"allOf": [{"unevaluatedProperties": True}], "unevaluatedProperties": False}, [{"a": 1}]),
    ({"$ref": "#/$defs/0", "unevaluatedProperties": False, "$defs": {"0": {"properties": {"a": True}}}}, [{"a": 1}, {"b": 1}]),
    ({"allOf": [{"$ref": "#/$defs/0"}], "$defs": {"0": {"properties": {"n": {"$ref": "#/$defs/0"}}, "additionalProperties": False}}},
     [{"n": {"n": {}}}, {"n": {"x": {}}}]),
    ({"pattern": "^(a|ab)(c|bcd)$"}, ["abcd", "ac", "abc", "abcdd"]), ({"pattern": "$^"}, ["", "a"]), ({"pattern": "^é+$"}, ["éé", "e"]),
    ({"pattern": r"^\W$"}, ["é", "_", "`", "𝒳"]), ({"pattern": "^.$"}, ["\n", "\r", "\u2028", "é"]),
    ({"format": "date-time"}, ["2016-12-31T23:59:60Z", "2016-12-31T22:59:60Z", "2016-12-31T23:59:61Z", "2016-12-31T22:59:60-01:00", "2020-02-30T00:00:00Z", "2020-01-01T24:00:00Z",
                               "2020-01-01t00:00:00z", "2020-01-01T00:00:00+24:00", "2020-01-01T00:00:00.5Z", "2020-01-01"]),
    ({"format": "ipv6"}, ["::", "1:2:3::4:5:6:1.2.3.4", "1::2", "::ffff:1.2.3.4", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:8:9"]),
    (True, [1]), (False, [1]), ({}, [None]),
]  # fmt: skip


@engine
@pytest.mark.parametrize("name", ["date", "time", "date-time", "duration", "ipv4", "ipv6", "uuid", "uri", "uri-reference", "json-pointer",
                                  "relative-json-pointer"])  # fmt: skip
def test_formats(name: str) -> None:
    found: list[str] = []
    characters = st.text(alphabet="0123456789abfTZPYMDHSW:/?#[]@%.-+~ é", max_size=4)
    seeds = st.sampled_from(["2024-02-29T23:59:60Z", "23:59:60+00:00", "2023-11-30", "P1Y2M3DT4H5M6S", "1.2.3.255", "1:2::ffff:1.2.3.4", "http://u@[::1]:80/a?b#c",
                             "urn:a:b", "00000000-0000-4000-8000-000000000000", "/a~1b", "1/a", "../a"])  # fmt: skip

    def add(seed: str, more: str, at: int, gone: int) -> None:
        found.append(seed[: at % (len(seed) + 1)] + more + seed[at % (len(seed) + 1) + gone :])

    collecting(given(seeds, characters, st.integers(0, 40), st.integers(0, 2))(add))()
    _is_equal([({"format": name}, found)])


@engine
def test_texts_are_json_where_the_guard_takes_them_for_json() -> None:
    texts: list[str] = [
        "[" * 100 + "]" * 100,
        "[" * 101 + "]" * 101,
        '{"a":' * 100 + "1" + "}" * 100,
        '{"a":' * 101 + "1" + "}" * 101,
        "",
        " ",
        "[]x",
        '{"a":1,"a":2}',
        '{"a":1,"\\u0061":2}',
        '{"a":null,"a":2}',
        '{"a":false, "b":1,"a":2}',
        "1e-40012345678901234567890",
        "0e40012345678901234567890",
        "1e40012345678901234567890",
    ]
    whole = st.lists(TEXT_PARTS, max_size=7).map("".join)
    values = st.tuples(VALUES, st.booleans()).map(lambda v: json.dumps(v[0], ensure_ascii=v[1], indent=1))
    collecting(given(whole | values | TEXTS.map(json.dumps))(lambda text: texts.append(text)))()
    for engine in ENGINES:
        for text, found in zip(
            texts, verdicts(engine, [("true", "R.any", text) for text in texts]), strict=True
        ):
            assert (found == "1") == _is_strict(text), (engine, text)


def _is_strict(text: str) -> bool:
    try:
        strict_json(text.encode("utf-8", "surrogatepass"))
    except ValueError:
        return False
    return True


@engine
@pytest.mark.parametrize(
    "body",
    [
        b'"\xff"',
        b'"\xc0\xaf"',
        b'"\xed\xa0\x80"',
        b'"\xf4\x90\x80\x80"',
        b'"\xe2\x82"',
        b"\xef\xbb\xbf1",
        b'"\x1f"',
    ],
)
def test_bytes_that_no_text_has(body: bytes) -> None:
    with pytest.raises(ValueError):
        strict_json(body)
    text = "".join(f"\\{byte:03d}" for byte in body)
    for engine in ENGINES:
        source = "\n".join((*program.runtime(), f'print((R.decode("{text}")))'))
        assert run(engine, source) == "false\n"


@engine
@pytest.mark.parametrize(("schema", "instance", "named"), [
    ({"pattern": "(?=a)"}, "b", "pattern '(?=a)' (a look-around, or flags)"),
    ({"pattern": r"(a)\1"}, "b", r"pattern '(a)\\1' (\1)"),
    ({"format": "email"}, "b", "format 'email'"),
    ({"not": {"pattern": "(?=a)"}}, "b", "not (something in it cannot be compiled)"),
    ({"oneOf": [{"format": "email"}, True]}, "b", "oneOf (something in it cannot be compiled)"),
    ({"if": {"format": "email"}, "then": False}, "b", "if (something in it cannot be compiled)"),
    ({"patternProperties": {r"\ba": False}, "additionalProperties": False}, {"a": 1}, r"pattern '\\ba' (\b)"),
    ({"multipleOf": 1e-20, "const": 1}, 1, None),
    ({"multipleOf": 2**60 + 1}, 3, "multipleOf 1152921504606846977"),
    ({"allOf": [{"$ref": "#/$defs/0"}], "$defs": {"0": {"anyOf": [{"$ref": "#/$defs/0"}]}}}, 1, "a recursive $ref"),
])  # fmt: skip
def test_what_cannot_be_compiled_is_named_and_refuses_nothing(
    schema: Any, instance: Any, named: str | None
) -> None:
    found, left_out = check(schema, instance)
    assert found == [True]
    assert (named in left_out) if named else not left_out


def test_patterns_that_would_grow_without_end() -> None:
    for pattern in ("(a{1000}){1000}", "(" * 60 + ")" * 60, ".*a.{40}$"):
        with pytest.raises(Unsupported):
            compiled(pattern)

"""What is judged here, against the engine's own verdicts."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from batten.contract import costly
from batten.contract.costly import TOO_MUCH, form
from batten.contract.validators import Failure, _compiled, recurs, validator_of

NUMBERS = st.integers(-3, 3) | st.sampled_from([1.0, -0.0, 0.5, 2**53, 2**53 + 1, float(2**53), 2**64, 2**64 + 1, float(2**64), 10**30, 1e30, 1e300])  # fmt: skip
SCALARS = NUMBERS | st.booleans() | st.none() | st.sampled_from(["", "a", "1", "é"])
VALUES = st.recursive(
    SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(st.sampled_from("ab"), v), max_leaves=6
)


def native(schema: Any) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(schema)


@given(st.lists(VALUES, max_size=6))
@example([[[]], [[[]]], [[], []]])
@example([2**64, 2**64 + 1, 2**64])
@example([True, 1])
@example([{"a": [1]}, {"a": [1.0]}])
def test_unique_items(value: list[Any]) -> None:
    for schema in ({"uniqueItems": True}, {"not": {"uniqueItems": True}}, {"contains": {"type": "null"}, "uniqueItems": True, "unevaluatedItems": False}):  # fmt: skip
        assert _compiled(schema).is_valid(value) == native(schema).is_valid(value)


@given(st.lists(VALUES, min_size=1, max_size=6), VALUES)
def test_enum_and_const(values: list[Any], value: Any) -> None:
    for schema in (
        {"enum": values},
        {"const": values[0]},
        {"oneOf": [{"const": v} for v in values]},
        {"enum": [*values, *map(str, range(12))]},
    ):
        for instance in (value, *values):
            assert _compiled(schema).is_valid(instance) == native(schema).is_valid(instance)


@given(st.sampled_from([1, 3, 0.01, 0.05, 0.1, 2.5, 1e-9, 7.0, 1000]), st.integers(-10**15, 10**15) | st.integers(-10**6, 10**6).map(lambda n: n / 100)
       | st.floats(-1e12, 1e12) | st.sampled_from([0, -0.0, 1e-300, 2**64, 10**40]))  # fmt: skip
def test_multiple_of(divisor: float, value: float) -> None:
    assert _compiled({"multipleOf": divisor}).is_valid(value) == native({"multipleOf": divisor}).is_valid(
        value
    )


@pytest.mark.parametrize("divisor", [0, -1, "a", None])
def test_no_divisor(divisor: Any) -> None:
    with pytest.raises(ValueError, match=r"0|number"):
        _compiled({"multipleOf": divisor})


@given(VALUES, VALUES)
def test_a_form_is_one_for_what_is_equal(one: Any, other: Any) -> None:
    assert (form(one) == form(other)) == native({"const": one}).is_valid(other)


AGAIN = {"$ref": "#/$defs/0"}


@pytest.mark.parametrize(("definitions", "found"), [
    ({}, False),
    ({"0": {"$ref": "#/$defs/1"}, "1": {"type": "array"}}, False),
    ({"0": {"items": AGAIN}}, True),
    ({"0": {"properties": {"a": {"$ref": "#/$defs/1"}}}, "1": {"anyOf": [{"items": AGAIN}]}}, True),
    ({"0": {"properties": {"a": {"$ref": "#/$defs/1"}, "b": {"$ref": "#/$defs/1"}}}, "1": {"$ref": "#/$defs/9"}}, False),
])  # fmt: skip
def test_what_leads_back_to_itself(definitions: Any, found: bool) -> None:
    assert recurs({**AGAIN, "$defs": definitions}) is found


def test_lists_in_lists_that_are_compared_at_every_level(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too much for one value is refused with its reason, and the next is judged for itself."""
    level = {"uniqueItems": True, "items": AGAIN}
    validator = validator_of({**AGAIN, "$defs": {"0": level}})
    monkeypatch.setattr(costly, "MOST_COMPARED", 10_000)
    much: Any = [[number] for number in range(300)]
    for number in range(60):
        much = [much, [number]]
    for _ in range(2):
        assert not validator.is_valid(much)
        assert validator.first(much) == Failure((), "uniqueItems", TOO_MUCH)
        assert validator.is_valid([[[1]], [2]]) and validator.first([[[1]], [2]]) is None
        assert not validator.is_valid([[[1], [1]], [2]])
        assert validator.explain([[[1], [1]], [2]]) == ("/0: the value has non-unique elements",)


@pytest.mark.parametrize(("schema", "value", "at", "keyword"), [
    ({"items": {"enum": [1, 2]}}, [1, 2, 3], (2,), "enum"),
    ({"properties": {"a": {"uniqueItems": True}}}, {"a": [[1], [1]]}, ("a",), "uniqueItems"),
    ({"items": {"multipleOf": 0.01}}, [1, 0.001], (1,), "multipleOf"),
    ({"items": {"type": "string"}}, ["a" * 9_000, 1], (1,), "type"),
    ({"items": {"anyOf": [{"type": "string"}, {"minimum": 5}]}}, ["a" * 9_000, 1], (1,), "not"),
    ({"allOf": [{"prefixItems": [True]}], "unevaluatedItems": False}, ["a" * 9_000, 1], (), ""),
])  # fmt: skip
def test_the_first_failure(schema: Any, value: Any, at: tuple[str | int, ...], keyword: str) -> None:
    failure = validator_of(schema).first(value)
    assert failure is not None and (failure.at, failure.keyword) == (at, keyword)

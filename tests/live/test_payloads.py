"""Bodies made of a contract: what its own validator admits, or none."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from batten.contract import Contract, load
from batten.contract.validators import Validators
from batten.formats import Workspace
from batten.live.calls import survey_of
from batten.live.probes.existing import _identifier
from batten.live.strings import string_of
from batten.live.survey import lasts
from batten.live.writing.payloads import Payload, payload_of
from batten.policy import Environment

NAME = {"type": "string", "minLength": 1}
PERSON = {"type": "object", "required": ["name"], "properties": {"name": NAME}, "additionalProperties": False}


def contract(
    schema: Any, version: str = "3.1.0", operation: str = "makeThing", path: str = "/v1/things"
) -> Contract:
    body = {"content": {"application/json": {"schema": schema}}}
    post = {"operationId": operation, "requestBody": body, "responses": {"200": {"description": "Made"}}}
    document = {
        "openapi": version,
        "info": {"title": "Things", "version": "1"},
        "paths": {path: {"post": post}},
        "components": {"schemas": {"Tree": {"type": "object", "required": ["name"], "properties": {
            "name": NAME, "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}}}}},
    }  # fmt: skip
    return load(Workspace(Path(), {"o.json": json.dumps(document)}), "o.json")[0]


def payload(schema: Any, version: str = "3.1.0") -> Payload:
    made = contract(schema, version)
    return payload_of(made.operations[0], made, Validators(made))


@pytest.mark.parametrize(
    "schema",
    [
        PERSON,
        {"type": "object", "required": ["a"], "properties": {"a": {"enum": ["x", "y"]}}},
        {"type": "object", "properties": {"when": {"type": "string", "format": "date-time"}}, "minProperties": 1},
        {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 2},
        {"type": "array", "items": PERSON, "minItems": 2},
        {"type": "array", "items": {"type": "integer", "multipleOf": 7}, "minItems": 3, "uniqueItems": True},
        {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 3, "uniqueItems": True},
        {"allOf": [PERSON | {"additionalProperties": True}, {"required": ["age"], "properties": {"age": {"type": "integer", "minimum": 18}}}]},
        {"oneOf": [{"type": "object", "required": ["a"], "properties": {"a": NAME}, "not": {"required": ["a"]}}, PERSON]},
        {"anyOf": [False, {"type": "object", "required": ["b"], "properties": {"b": {"const": 4}}}]},
        {"type": "object", "required": ["zip"], "properties": {"zip": {"type": "string", "pattern": "^[0-9]{5}(-[0-9]{4})?$"}}},
        {"type": "object", "required": ["n"], "properties": {"n": {"type": "number", "exclusiveMinimum": 0, "maximum": 0.5}}},
        {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer", "exclusiveMaximum": 0}}},
        {"type": "object", "required": ["s"], "properties": {"s": {"type": "string", "minLength": 30, "maxLength": 30}}},
        {"type": ["object", "null"], "required": ["x"], "properties": {"x": {"type": ["null", "boolean"]}}},
        {"$ref": "#/components/schemas/Tree"},
        {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "format": "uuid"}, "made": {"type": "string", "readOnly": True}}},
    ],
)  # fmt: skip
def test_a_body_that_the_contract_admits(schema: Any) -> None:
    made = contract(schema)
    validator = Validators(made).request(made.operations[0], "application/json")
    assert validator is not None
    found = payload_of(made.operations[0], made, Validators(made))
    assert found.valid
    assert validator.is_valid(json.loads(found.valid))
    assert found.invalid
    assert not any(validator.is_valid(json.loads(body)) for body in found.invalid)


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_an_example_goes_before_what_was_made(version: str) -> None:
    assert json.loads(payload(PERSON | {"example": {"name": "Ann"}}, version).valid) == {"name": "Ann"}
    assert json.loads(payload(PERSON | {"example": {"nom": "Ann"}}, version).valid) == {"name": "batten"}


def test_the_oldest_dialect_says_it_in_its_own_words() -> None:
    old = {
        "type": "object",
        "required": ["n"],
        "properties": {"n": {"type": "integer", "minimum": 5, "exclusiveMinimum": True}},
    }
    assert json.loads(payload(old, "3.0.3").valid)["n"] > 5


ENDLESS = {
    "type": "object",
    "required": ["t"],
    "properties": {"t": {"$ref": "#/paths/~1v1~1things/post/requestBody/content/application~1json/schema"}},
}


@pytest.mark.parametrize(
    "schema",
    [
        False,
        {"type": "string", "pattern": "^(?=x)y$"},
        {"type": "integer", "minimum": 3, "maximum": 2},
        {"allOf": [{"type": "string"}, {"type": "integer"}]},
        {"enum": []},
        {"type": "string", "minLength": 10_000_000},
        {"type": "array", "items": NAME, "minItems": 100_000},
        {"type": "object", "required": 7, "properties": "none"},
        ENDLESS,
    ],
)
def test_where_none_can_be_made_none_is_sent(schema: Any) -> None:
    assert payload(schema) == Payload()


@pytest.mark.parametrize(
    ("pattern", "least", "most"),
    [
        (r"^[A-Z]{2}\d{2}[A-Z0-9]{4,30}$", 0, 100),
        (r"^\+?[1-9]\d{1,14}$", 8, 15),
        (r"^(?:north|south)-\d+$", 0, 20),
        (r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$", 0, 60),
        (r"^[a-z][a-z0-9_-]{2,15}$", 10, 16),
        (r"^(?:[01]\d|2[0-3]):[0-5]\d$", 0, 5),
        (r"[\]x\-]\.\/", 0, 9),
    ],
)
def test_strings_of_simple_patterns(pattern: str, least: int, most: int) -> None:
    made = string_of({"pattern": pattern, "minLength": least, "maxLength": most})
    assert made is not None
    assert re.search(pattern, made)
    assert least <= len(made) <= most


@pytest.mark.parametrize(
    "pattern", ["[", "(?<=a)b", "^(?!x)a", r"^\p{L}+$", "*", "((a{99}){99}){99}", "(?=(a+)+$)b"]
)
def test_patterns_that_are_beyond_it(pattern: str) -> None:
    assert string_of({"pattern": pattern}) is None


@pytest.mark.parametrize(
    ("template", "operation", "lasting"),
    [
        ("/orders", "placeOrder", False),
        ("/orders", "createOrder", False),
        ("/users/{id}", "updateUser", False),
        ("/users/{id}", "deleteUser", True),
        ("/payments", "addPayment", True),
        ("/orders/{id}/refund", "", True),
        ("/invitations", "", True),
        ("/mails", "postMail", True),
        ("/accounts/{id}/lock", "", True),
        ("/locks", "takeLock", True),
        ("/users/{id}/reset-password", "", True),
        ("/messages", "sendMessage", True),
        ("/blocks", "", True),
        ("/clocks", "", False),
        ("/emailed-lists", "", False),
    ],
)
def test_names_of_what_nobody_can_take_back(template: str, operation: str, lasting: bool) -> None:
    assert lasts(template, operation) is lasting


def test_a_path_goes_into_a_target_encoded_and_is_known_again() -> None:
    made = contract(PERSON, path="/v1/größe der things/{id}")
    survey = survey_of(Environment("x", "https://x"), made)
    (call,) = survey.writes
    assert call.path == "/v1/gr%C3%B6%C3%9Fe%20der%20things/1"
    assert survey.match("POST", call.path) == "/v1/größe der things/{id}"
    plain = survey_of(Environment("x", "https://x"), contract(PERSON, path="/v1/a.b/{id}"))
    assert plain.match("POST", "/v1/a%2eb/1") == ""  # another path than the contract's


def test_bodies_are_made_for_active_environments_only() -> None:
    made = contract(PERSON)
    assert [c.body for c in survey_of(Environment("x", "https://x"), made).writes] == [b""]
    assert [c.body for c in survey_of(Environment("x", "https://x", active=True), made).writes] == [
        b'{"name": "batten"}'
    ]
    lasting = contract(PERSON, operation="sendThing")
    assert [c.body for c in survey_of(Environment("x", "https://x", active=True), lasting).writes] == [b""]


@pytest.mark.parametrize(
    ("document", "parameter", "value"),
    [
        ([{"id": 7, "name": "a"}], "id", "7"),
        ([{"id": 7, "name": "a"}], "order_id", "7"),
        ([{"id": 7, "name": "a"}], "orderId", "7"),
        ({"items": [{"userName": "ann"}], "total": 1}, "username", "ann"),
        ([{"book_title": "Tides"}], "book_title", "Tides"),
        ([{"title": "Tides"}], "book_title", "Tides"),
        ([], "id", ""),
        ({"id": 7}, "id", ""),
        ([{"id": {"a": 1}}], "id", ""),
        ([{"id": True}], "id", ""),
        (["a"], "id", ""),
        ([{"other": 1}], "name", ""),
    ],
)
def test_a_value_that_exists_is_read_from_the_list(document: object, parameter: str, value: str) -> None:
    assert _identifier(document, parameter) == value

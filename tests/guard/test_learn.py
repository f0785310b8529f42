"""What is learnt from traffic holds for what was seen, and holds nothing of anybody's."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from click.testing import CliRunner
from guard_contracts import TEXT, contract
from hypothesis import given, settings
from hypothesis import strategies as st
from test_wsgi import JSON, Answer, _environ

from batten.cli.guard import command
from batten.contract import Contract, load
from batten.contract.validators import Validators
from batten.formats import Workspace
from batten.guard.asgi import Guard as AsgiGuard
from batten.guard.learning.drafts import draft, schema_of, uncertain
from batten.guard.options import Rule
from batten.guard.traffic.counts import Sighting, Traffic
from batten.guard.traffic.shapes import Shape, from_plain, merged, shape_of, to_plain
from batten.guard.traffic.traffic_file import Learnt, read
from batten.guard.wsgi import Guard
from batten.policy import Policy

_NAMES = st.sampled_from(
    ["status", "id", "note", "items", "kind", "createdAt", "a b", "ann@example.com", "x" * 90, "7", ""]
)
_WORDS = st.sampled_from(
    ["open", "closed", "2026-11-24", "2026-11-24T10:00:00Z", "ann@example.com", "https://a.example/b", "10.0.0.1", "::1",
     "3f2b8c1e-8d7a-4a1e-9d50-0a5f6b1c2d3e", "yes", "no", "null", "~", "é" * 40]
)  # fmt: skip
_NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _WORDS | st.text(max_size=40),
    lambda below: (
        st.lists(below, max_size=4) | st.dictionaries(_NAMES | st.text(max_size=5), below, max_size=5)
    ),
    max_leaves=25,
)


def _all(values: list[Any]) -> Shape:
    shape = shape_of(values[0])
    for value in values[1:]:
        shape = merged(shape, shape_of(value))
    return shape


@given(st.lists(VALUES, min_size=1, max_size=30))
@settings(max_examples=300, deadline=None)
def test_what_was_seen_is_valid(values: list[Any]) -> None:
    shape = _all(values)
    assert from_plain(json.loads(json.dumps(to_plain(shape)))) == shape
    schema = schema_of(shape)
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    assert all(validator.is_valid(value) for value in values), schema


@given(st.lists(VALUES, min_size=1, max_size=12), st.booleans())
@settings(max_examples=100, deadline=None)
def test_drafts_are_contracts(values: list[Any], is_modern: bool) -> None:
    text = TEXT if is_modern else TEXT.replace("openapi: 3.1.0", "openapi: 3.0.3")
    old, _ = load(Workspace(Path(), {"openapi.yaml": text}), "openapi.yaml")
    shape = _all(values)
    learnt = [
        Learnt("GET", "/v1/shadow/{}", "200", "application/json", shape),
        Learnt("GET", "/v1/shadow/{}", "query", "", shape_of({"a": 1})),
    ]
    read_again = _loaded(draft(learnt, old))
    operation = read_again.operations[0]
    assert operation.label == "GET /v1/shadow/{shadow_id}" and [p.name for p in operation.parameters] == [
        "shadow_id",
        "a",
    ]
    validator = Validators(read_again).response(operation, 200, "application/json")
    assert validator is None or all(validator.is_valid(value) for value in values), draft(learnt, old)


def _loaded(document: dict[str, Any]) -> Contract:
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
    read_again, problems = load(Workspace(Path(), {"learnt.yaml": text}), "learnt.yaml")
    assert not problems
    return read_again


@given(VALUES, VALUES)
@settings(max_examples=100, deadline=None)
def test_order_does_not_count(one: Any, other: Any) -> None:
    assert (
        schema_of(merged(shape_of(one), shape_of(other))).keys()
        == schema_of(merged(shape_of(other), shape_of(one))).keys()
    )


PRIVATE = {
    "name": "smith", "owner": "alice", "email": "ann@example.com", "token": "hunter", "card": 4111111111111111, "status": "hunter2",
    "kind": "Ann Smith", "state": "eyJhbGciOiJIUzI1NiJ9.e30.abc", "born": "1980-02-29", "tags": ["vip"], "salary": 123456.78,
    "type": "ann@example.com", "by": {"ann@example.com": 1, "bob@example.com": 2},
}  # fmt: skip


def test_no_value_of_anybodys_is_kept() -> None:
    shape = _all([PRIVATE] * 50)
    kept = json.dumps(to_plain(shape)) + json.dumps(schema_of(shape))
    for secret in ("smith", "alice", "ann", "hunter", "4111", "eyJ", "1980", "vip", "1234", "Smith", "bob"):
        assert secret not in kept


_SECRETS = (
    st.emails()
    | st.uuids().map(str)
    | st.dates().map(str)
    | st.integers(10**6, 10**18).map(str)
    | st.text("aA0", min_size=12)
)
_HOLDERS = st.sampled_from(["status", "kind", "name", "currency", "order-type"])


@given(st.dictionaries(_HOLDERS, _SECRETS, min_size=1), st.lists(_SECRETS, min_size=1))
@settings(max_examples=200, deadline=None)
def test_whatever_is_no_plain_word_is_not_kept(held: dict[str, str], keys: list[str]) -> None:
    # Names of members may hold up to three digits: `address2line1`.
    digits = [key for key in keys if sum(letter in "0123456789" for letter in key) > 3]
    kept = json.dumps(to_plain(_all([held, {"map": dict.fromkeys(digits, 1)}])))
    assert not [
        value
        for value in (*held.values(), *digits)
        if any(c in "0123456789@" for c in value) and value in kept
    ]


def test_few_words_that_recur_become_an_enumeration() -> None:
    orders = [
        {"status": ("open", "paid", "sent")[n % 3], "currency": "EUR", "note": "gift"} for n in range(30)
    ]
    properties = schema_of(_all(orders))["properties"]
    assert properties["status"] == {"type": "string", "enum": ["open", "paid", "sent"]}
    assert properties["currency"] == {"type": "string", "enum": ["EUR"]}
    assert properties["note"] == {"type": "string"}  # thirty samples have no maximum
    assert "enum" not in schema_of(_all(orders[:10]))["properties"]["status"]
    assert "enum" not in schema_of(_all([*orders, {"status": "lost"}]))["properties"]["status"]


def test_few_samples_bound_nothing() -> None:
    seen = [
        {"id": n, "at": f"2026-11-{n:02}T10:00:00Z", "lines": [1] * n, "delta": -n, "text": "x" * n * 3}
        for n in range(10, 16)
    ]
    assert schema_of(_all(seen)) == {
        "type": "object",
        "properties": {
            "id": {"type": "integer", "format": "int64"},
            "at": {"type": "string", "format": "date-time"},
            "lines": {"type": "array", "items": {"type": "integer", "format": "int64", "minimum": 0}},
            "delta": {"type": "integer", "format": "int64"},
            "text": {"type": "string"},
        },
    }
    assert "format" not in schema_of(_all(seen[:4]))["properties"]["at"]


def test_many_samples_bound_widely() -> None:
    seen = [{"id": n, "lines": [1] * 16, "text": "x" * 60} for n in range(60)]
    assert schema_of(_all(seen)) == {
        "type": "object",
        "required": ["id", "lines", "text"],
        "properties": {
            "id": {"type": "integer", "format": "int64", "minimum": 0},
            "lines": {
                "type": "array",
                "items": {"type": "integer", "format": "int64", "minimum": 0},
                "maxItems": 4096,  # 16 times 10,000 / 60, in powers of two
            },
            "text": {"type": "string", "maxLength": 16384},
        },
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    ("samples", "most"), [(49, None), (50, 4096), (500, 512), (5_000, 256), (10**6, 256)]
)
def test_maxima_by_the_number_of_samples(samples: int, most: int | None) -> None:
    shape = Shape(samples, frozenset(("array",)), most_items=16)
    assert schema_of(shape).get("maxItems") == most


def test_samples_are_told() -> None:
    few, many = replace(_all([{"a": 1}]), count=7), replace(_all([{"a": 1}]), count=70)
    learnt = [
        Learnt("GET", "/a", "200", "application/json", many),
        Learnt("GET", "/a", "404", "application/json", few),
        Learnt("POST", "/a", "request", "application/json", many),
        Learnt("POST", "/a", "201", "application/json", many),
    ]
    document = draft(learnt, None)
    answers = document["paths"]["/a"]["get"]["responses"]
    assert answers["200"]["x-batten-samples"] == 70 and "x-batten-uncertain" not in answers["200"]
    assert answers["404"]["x-batten-samples"] == 7 and answers["404"]["x-batten-uncertain"] is True
    assert document["paths"]["/a"]["post"]["requestBody"]["x-batten-samples"] == 70
    assert uncertain(document) == 1


def test_too_much_to_say_is_anything() -> None:
    value: Any = 1
    for _ in range(30):
        value = [value]
    assert (
        shape_of(value).items is not None
        and len(schema_of(shape_of({f"a{'b' * n}": n for n in range(40)}))["properties"]) == 40
    )
    varied = [
        {"abcdefghijklmnopqrstuvwxyz"[n % 26] * (m % 5 + 1): {"x": [{"y": n}]} for m in range(60)}
        for n in range(26)
    ]
    assert jsonschema_rs.Draft202012Validator(schema_of(_all([value, *varied]))).is_valid(varied[3])


def _shadow(environ: Any, start_response: Any) -> Any:
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if environ["PATH_INFO"] == "/v1/things/mine":
        start_response("418 I'm a teapot", JSON)
        return [b'{"title":"short","spout":true}']
    start_response("201 Created" if environ["REQUEST_METHOD"] == "POST" else "200 OK", JSON)
    return [b'{"id":7,"status":"open","secret":"hunter2"}']


def _learn(folder: Path) -> Path:
    traffic = Traffic(folder / "traffic.db", learns=True, every=3600)
    guard = Guard(_shadow, contract(), Policy(), mode="observe", traffic=traffic)
    for number in range(6):
        environ = _environ(
            "/v1/orders",
            "POST",
            json.dumps({"product": number, "gift": None}).encode(),
            CONTENT_TYPE="application/json",
        )
        assert Answer(guard, environ).status == 201
        Answer(
            guard, _environ(f"/v1/orders/{number}", QUERY_STRING=f"expand=lines&limit={number}&token=hunter2")
        )
        Answer(guard, _environ("/v1/things/mine", QUERY_STRING="api_key=hunter2"))
        Answer(guard, _environ("/v1/things"))
    Answer(guard, _environ("/other/path"))
    traffic.flush()
    return traffic.path


def test_missing_operations_and_answers_are_drafted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "openapi.yaml").write_text(TEXT, encoding="utf-8")
    path = _learn(tmp_path)
    assert b"hunter2" not in b"".join(file.read_bytes() for file in path.parent.iterdir())
    done = CliRunner().invoke(command, ["learn", "--traffic", str(path)])
    assert done.exit_code == 0, done.output
    made, problems = load(Workspace(tmp_path), "learnt.yaml")
    assert not problems
    assert {o.label: sorted(o.responses) for o in made.operations} == {
        "POST /v1/orders": ["201"],
        "GET /v1/orders/{order_id}": ["200"],
        "GET /v1/things/mine": ["418"],
        "GET /v1/things": ["200"],
        "GET /other/path": ["200"],
    }
    operations = {o.label: o for o in made.operations}
    assert [p.name for p in operations["GET /v1/orders/{order_id}"].parameters] == [
        "order_id",
        "expand",
        "limit",
        "token",
    ]
    body = operations["POST /v1/orders"].body
    validator = Validators(made).request(operations["POST /v1/orders"], "application/json")
    assert body is not None and validator is not None
    assert validator.is_valid({"product": 9, "gift": None})
    again = CliRunner().invoke(command, ["learn", "--traffic", str(path)])
    assert again.exit_code == 2 and "exists already" in again.output
    assert (
        "no recorded shapes"
        in CliRunner()
        .invoke(command, ["learn", "--output", "b.yaml", "--traffic", str(_empty(tmp_path))])
        .output
    )


def _empty(folder: Path) -> Path:
    traffic = Traffic(folder / "empty.db", every=3600)
    traffic.add(Sighting(Rule.PATH, "GET", "/a"))
    traffic.flush()
    return traffic.path


def test_what_is_replaced_unread_is_not_learnt(tmp_path: Path) -> None:
    traffic = Traffic(tmp_path / "traffic.db", learns=True, every=3600)
    guard = Guard(_shadow, contract(), Policy(), traffic=traffic)
    Answer(guard, _environ("/v1/things/mine", QUERY_STRING="api_key=a"))  # status 418
    Answer(guard, _environ("/v1/things"))  # a body of another shape
    traffic.flush()
    assert [(one.path, one.part) for one in read(traffic.path)[1]] == [("/v1/things", "200")]


def test_a_merged_draft_lets_pass_what_was_seen(tmp_path: Path) -> None:
    """The draft as the contract: what was observed would now be let through."""
    document = draft(read(_learn(tmp_path))[1], contract())
    guard = Guard(_shadow, _loaded(document), Policy())
    environ = _environ("/v1/orders", "POST", b'{"product":3,"gift":null}', CONTENT_TYPE="application/json")
    assert Answer(guard, environ).status == 201
    assert Answer(guard, _environ("/v1/orders/77")).status == 200
    assert Answer(guard, _environ("/v1/things/mine")).status == 418
    assert Answer(guard, _environ("/v1/nothing")).status == 404


def test_asgi_learns_too(tmp_path: Path) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-type", b"application/json")],
            }
        )
        for part in (b'{"id":', b"7}"):
            await send({"type": "http.response.body", "body": part, "more_body": part != b"7}"})

    async def receive() -> Any:
        return {"type": "http.request", "body": b'{"a":1}'}

    async def send(message: Any) -> None:
        pass

    traffic = Traffic(tmp_path / "traffic.db", learns=True, every=3600)
    guard = AsgiGuard(app, contract(), Policy(), mode="observe", traffic=traffic)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"7")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/new",
        "query_string": b"",
        "headers": headers,
        "http_version": "1.1",
    }
    asyncio.run(guard(scope, receive, send))
    traffic.flush()
    rows, learnt = read(traffic.path)
    assert {(one.part, one.media_type) for one in learnt} == {
        ("query", ""),
        ("request", "application/json"),
        ("200", "application/json"),
    }
    assert [(row.rule, row.path, row.status) for row in rows if row.rule == "path"] == [
        ("path", "/v1/new", 200)
    ]

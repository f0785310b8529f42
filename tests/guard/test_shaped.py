"""The guard's own answers in the shape that the contract declares: valid, of one size, and deterministic."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from guard_contracts import asked

from batten.contract import load
from batten.contract.validators import Validators
from batten.formats import Workspace
from batten.guard import Compiled, Options, compile_contract
from batten.guard.accounting import Accounting
from batten.guard.options import Rule
from batten.guard.tally import Tally
from batten.guard.verdicts import Refuse
from batten.policy import Policy

S: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "integer"}
DETAIL = "The body does not match its schema at /name."


def _object(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": properties,
    }


VALIDATION = {"title": "HTTPValidationError", "type": "object", "properties": {"detail": {"type": "array", "items": {
    "type": "object", "required": ["loc", "msg", "type"], "properties": {
        "loc": {"type": "array", "items": {"anyOf": [S, NUMBER]}}, "msg": S, "type": S}}}}}  # fmt: skip
SAID = f"Bad Request. {DETAIL} Reference: R."
# A schema, and what a refusal with 400 is; the reference is R.
SHAPES: dict[str, tuple[dict[str, Any], Any]] = {
    "message": (_object(("message",), message=S), {"message": SAID}),
    "error": (_object(("error",), error=S), {"error": SAID}),
    "code and message": (_object(("code", "message"), code=NUMBER, message=S), {"code": 400, "message": SAID}),
    "code as text": (_object(("code",), code=S, message=S), {"code": "400", "message": SAID}),
    "code of a list": (_object(("code",), code={"enum": ["BAD_INPUT", "OTHER"]}, message=S), {"code": "BAD_INPUT", "message": SAID}),
    "nested": (_object(("error",), error=_object(("code",), code=NUMBER, message=S)), {"error": {"code": 400, "message": SAID}}),
    "optional members": (_object(message=S, other=S), {"message": SAID}),
    "title and detail": (_object(("title",), title=S, detail=S, status=NUMBER), {"title": "Bad Request", "detail": f"{DETAIL} Reference: R.", "status": 400}),
    "message and details": (_object(("message",), message=S, details=S), {"message": "Bad Request", "details": f"{DETAIL} Reference: R."}),
    "success": (_object(("success", "error"), success={"type": "boolean"}, error={"type": "boolean"}), {"success": False, "error": True}),
    "list of errors": (_object(("errors",), errors={"type": "array", "minItems": 1, "items": S}), {"errors": [SAID]}),
    "list of objects": (_object(("errors",), errors={"type": "array", "items": _object(("message",), message=S)}), {"errors": [{"message": SAID}]}),
    "FastAPI": (VALIDATION, {"detail": [{"loc": [], "msg": SAID, "type": "about:blank"}]}),
    "Django REST framework": (_object(("detail",), detail=S), {"detail": f"{DETAIL} Reference: R."}),
    "of one kind": (_object(("kind", "message"), kind={"const": "error"}, message=S), {"kind": "error", "message": SAID}),
    "identifiers and times": (_object(("id", "at", "message"), id={"type": "string", "format": "uuid"}, at={"type": "string", "format": "date-time"}, message=S),
                              {"id": "00000000-0000-0000-0000-000000000000", "at": "1970-01-01T00:00:00Z", "message": SAID}),
    "nullable": (_object(("message",), message={"type": ["null", "string"]}), {"message": SAID}),
    "one of several": ({"oneOf": [{"type": "null"}, _object(("message",), message=S)]}, {"message": SAID}),
    "all of several": ({"allOf": [{"type": "object", "required": ["code"], "properties": {"code": NUMBER}}, {"type": "object", "properties": {"message": S}}]},
                       {"code": 400, "message": SAID}),
    "short texts": (_object(("message",), message={"type": "string", "maxLength": 100}), {"message": "Bad Request"}),
    "bounds": (_object(("level", "message"), level={"type": "integer", "minimum": 3}, message=S), {"level": 3, "message": SAID}),
    "a text": (S, SAID),
    "anything": ({"type": "object"}, {"type": "about:blank", "title": "Bad Request", "status": 400, "detail": f"{DETAIL} Reference: R."}),
    "another member of a problem": (_object(("type", "code"), type=S, title=S, status=NUMBER, detail=S, code=S),
                                    {"type": "about:blank", "code": "400", "title": "Bad Request", "status": 400, "detail": f"{DETAIL} Reference: R."}),
}  # fmt: skip
# Of these no instance is built: the answer is a problem document.
SHAPELESS: dict[str, dict[str, Any]] = {
    "pattern": _object(("code",), code={"type": "string", "pattern": "^E[0-9]{4}$"}),
    "too short": _object(("message",), message={"type": "string", "maxLength": 3}),
    "too many members": _object(("message",), message=S) | {"minProperties": 5},
    "nothing": {"not": {}},
}


def _compiled(schema: Any, status: str = "400", media_type: str = "application/json") -> Compiled:
    media = {} if schema is None else {"schema": schema}
    document = {"openapi": "3.1.0", "info": {"title": "a", "version": "1"}, "paths": {"/a": {"post": {
        "requestBody": {"content": {"application/json": {}}},
        "responses": {"200": {"description": ""}, status: {"description": "", "content": {media_type: media}}}}}}}  # fmt: skip
    read = load(Workspace(Path(), {"a.json": json.dumps(document)}), "a.json")[0]
    return compile_contract(read, Policy(), Options())


def _said(
    made: Compiled, monkeypatch: pytest.MonkeyPatch, detail: str = DETAIL, status: int = 400
) -> tuple[bytes, bytes]:
    """The media type and the body."""
    monkeypatch.setattr("batten.guard.accounting.new_reference", lambda: "R")
    refusal = Refuse(Rule.REQUEST_BODY, status, "Bad Request", detail=detail)
    reply = Accounting(made, Tally()).refused(asked("POST", "/a"), refusal)
    assert reply.status == status
    return dict(reply.headers)[b"content-type"], reply.body


@pytest.mark.parametrize("name", SHAPES)
def test_shape(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    schema, wanted = SHAPES[name]
    made = _compiled(schema)
    media_type, body = _said(made, monkeypatch)
    assert (media_type, json.loads(body)) == (b"application/json", wanted)


@pytest.mark.parametrize("name", SHAPES)
def test_all_of_one_size_and_valid(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = _compiled(SHAPES[name][0])
    operation = made.matcher.offered("/a")
    assert operation is not None
    validator = Validators(made.served(operation[1]["POST"]).validators.contract).response(
        operation[1]["POST"], 400, "application/json"
    )
    assert validator is not None
    sizes = set()
    for detail in ("", DETAIL, "x" * 300, "ü" * 300, '"\\' * 500):
        _, body = _said(made, monkeypatch, detail)
        assert validator.is_valid(json.loads(body)), body
        sizes.add(len(body))
    assert len(sizes) == 1 and sizes.pop() % 512 == 0


@pytest.mark.parametrize("name", SHAPELESS)
def test_shapeless(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    media_type, body = _said(_compiled(SHAPELESS[name]), monkeypatch)
    assert media_type == b"application/problem+json"
    assert json.loads(body)["detail"] == f"{DETAIL} Reference: R." and len(body) == 512


@pytest.mark.parametrize(
    ("status", "media_type", "wanted"),
    [
        ("4XX", "application/json", b"application/json"),
        ("default", "application/vnd.shop.error+json", b"application/vnd.shop.error+json"),
        ("400", "application/problem+json", b"application/problem+json"),
        ("400", "*/*", b"application/problem+json"),
        ("400", "text/html", b"application/problem+json"),
        ("400", "application/xml", b"application/problem+json"),
        ("401", "application/json", b"application/problem+json"),
    ],
)
def test_where_it_is_declared(
    status: str, media_type: str, wanted: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _said(_compiled(SHAPES["message"][0], status, media_type), monkeypatch)[0] == wanted


def test_json_without_a_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    media_type, body = _said(_compiled(None), monkeypatch)
    assert media_type == b"application/json" and json.loads(body)["title"] == "Bad Request"

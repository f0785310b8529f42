"""Presets and relaxations: what each lets pass, what it does not, and names that are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from guard_contracts import asked

from batten.contract import Contract, load
from batten.contract.validators import Validators
from batten.formats import Workspace
from batten.guard import Compiled, GuardProblem, Options, Rule, compile_contract
from batten.guard.decisions import answer, plan_of, request, request_body
from batten.guard.lenience.given import leniency, written
from batten.guard.lenience.presets import table
from batten.guard.lenience.relaxed import FORMATS
from batten.guard.served import Allow
from batten.guard.verdicts import Answered, AnswerHead, Pass, Refuse, Replace
from batten.policy import Policy, PolicyProblem
from batten.policy.load import parse_policy

ROOT = Path(__file__).parents[2]
THING = {
    "type": "object",
    "properties": {
        "at": {"type": "string", "format": "date-time"},
        "n": {"type": "integer", "format": "int32"},
    },
}
JSON = {"application/json": {"schema": THING}}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Things", "version": "1"},
    "paths": {
        "/things/": {
            "get": {"responses": {"200": {"description": "ok", "content": JSON}}},
            "post": {
                "requestBody": {"content": JSON},
                "responses": {"201": {"description": "made", "content": JSON}, "404": {"description": "no"}},
            },
        },
        "/stream": {"get": {"responses": {"200": {"description": "ok", "content": {"application/json": {"schema": {}}}}}}},
        "/file": {"get": {"responses": {"200": {"description": "ok"}}}},
        "/{id}": {"get": {"responses": {"200": {"description": "ok", "content": JSON}}}},
    },
}  # fmt: skip


def _contract() -> Contract:
    return load(Workspace(Path(), {"openapi.json": json.dumps(DOCUMENT)}), "openapi.json")[0]


def _guard(policy: str = "", **given: Any) -> Compiled:
    chosen = Options(leniency=leniency(**given))
    return compile_contract(_contract(), parse_policy("batten.yaml", policy or "{}"), chosen)


def _allowed(guard: Compiled, line: str) -> Allow:
    method, _, target = line.partition(" ")
    verdict = request(guard, asked(method, target))
    assert isinstance(verdict, Allow), verdict
    return verdict


def _said(
    guard: Compiled, line: str, status: int, media_type: str, body: bytes | object
) -> tuple[int, bytes | None, tuple[Rule, ...]]:
    """Status and body as they get out, and the rules that were noted."""
    allow = _allowed(guard, line)
    head = AnswerHead(status, ((b"content-type", media_type.encode()),) if media_type else ())
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    streams = plan_of(allow, head).streams
    verdict = answer(guard, allow, head, None if streams else sent)
    if isinstance(verdict, Replace):
        return verdict.status, b"replaced", (verdict.rule,)
    assert isinstance(verdict, Pass)
    return status, sent if streams else verdict.body, tuple(noted.rule for noted in verdict.noted)


DETAIL = {"detail": "Not found"}
TRACE = {"detail": "Traceback (most recent call last):\n  File"}
HTML = b"<h1>debug</h1>"


@pytest.mark.parametrize(
    ("framework", "line", "status", "media_type", "body", "passes"),
    [
        ("fastapi", "GET /things/", 404, "application/json", DETAIL, True),
        ("fastapi", "POST /things/", 404, "application/json", DETAIL, True),  # declared without a body
        ("fastapi", "GET /things/", 409, "application/json", {"detail": {"code": 7, "fields": ["a"]}}, True),
        ("fastapi", "GET /things/", 404, "application/json", TRACE, False),
        ("fastapi", "GET /things/", 404, "application/json", {"trace": "x"}, False),
        ("fastapi", "GET /things/", 500, "application/json", DETAIL, False),
        ("fastapi", "GET /things/", 404, "text/html", HTML, False),
        ("fastapi", "GET /stream", 200, "text/event-stream", b"data: 1\n\n", True),
        ("fastapi", "GET /stream", 200, "", b"raw", True),
        ("fastapi", "GET /file", 200, "text/csv", b"a,b", True),
        ("fastapi", "GET /things/", 200, "text/csv", b"a,b", False),
        ("fastapi", "GET /stream", 500, "text/plain", b"Internal", False),
        ("starlette", "GET /things/", 404, "text/plain; charset=utf-8", b"Not Found", True),
        ("starlette", "GET /things/", 404, "text/plain; charset=utf-8", b"no row 7 in users", False),
        ("drf", "GET /things/", 200, "text/html; charset=utf-8", b"<html>", True),
        ("drf", "GET /things/", 404, "text/html", HTML, False),
        ("drf", "POST /things/", 400, "application/json", {"name": ["This field is required."]}, True),
        ("drf", "POST /things/", 400, "application/json", ["Invalid."], True),
        ("drf", "GET /things/", 403, "application/json", DETAIL, True),
        ("connexion", "GET /7", 404, "application/problem+json", {"type": "about:blank", "title": "Not Found", "status": 404}, True),
        ("connexion", "GET /7", 404, "application/json", {"title": "Not Found", "status": 404}, False),
        ("litestar", "GET /7", 404, "application/json", {"status_code": 404, "detail": "Not Found"}, True),
        ("fastify", "GET /7", 400, "application/json", {"statusCode": 400, "error": "Bad Request", "message": "x"}, True),
        ("django", "GET /7", 404, "application/json", DETAIL, False),
    ],
)  # fmt: skip
def test_habits_of_answers(
    framework: str, line: str, status: int, media_type: str, body: object, passes: bool
) -> None:
    plain = _guard()
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    assert _said(plain, line, status, media_type, sent)[1] == b"replaced"
    got = _said(_guard(framework=framework), line, status, media_type, sent)
    assert got == ((status, sent, ()) if passes else (status if status >= 400 else 500, b"replaced", got[2]))
    assert _said(_guard(f"guard: {{framework: {framework}}}"), line, status, media_type, sent) == got


def test_statuses_that_are_not_declared() -> None:
    assert _said(_guard(), "GET /7", 403, "application/json", {})[0] == 403
    hidden = _guard(undeclared_errors="replace")
    assert _said(hidden, "GET /7", 403, "application/json", {})[:2] == (500, b"replaced")
    fastapi = _guard(undeclared_errors="replace", framework="fastapi")
    assert _said(fastapi, "GET /7", 403, "application/json", DETAIL)[0] == 403  # the framework's own is known


def test_head() -> None:
    assert isinstance(request(_guard(), asked("HEAD", "/7")), Refuse)
    guard = _guard(framework="express")
    assert _allowed(guard, "HEAD /7").method == "HEAD"
    refusal = request(guard, asked("PUT", "/7"))
    assert isinstance(refusal, Refuse) and refusal.headers == ((b"allow", b"GET, HEAD"),)
    assert isinstance(request(guard, asked("HEAD", "/nothing/7")), Refuse)


@pytest.mark.parametrize(
    ("framework", "line", "location"),
    [
        ("fastapi", "GET /things?a=1", b"/things/?a=1"),
        ("fastapi", "POST /things", b"/things/"),
        ("fastapi", "GET /stream/", b"/stream"),
        ("drf", "GET /things?a=1", b"/things/?a=1"),
        ("flask", "POST /things", b"/things/"),
        ("drf", "POST /things", b""),
        ("flask", "GET /stream/", b""),
        ("fastapi", "PUT /things", b""),
        ("fastapi", "GET //things", b""),
        ("express", "POST /things", b""),
    ],
)
def test_slashes(framework: str, line: str, location: bytes) -> None:
    guard = _without_templates(framework)
    method, _, target = line.partition(" ")
    verdict = request(guard, asked(method, target))
    found = dict(verdict.headers).get(b"location", b"") if isinstance(verdict, Answered) else b""
    assert found == location
    verdict = request(_guard(framework=framework), asked("POST", "/things"))
    assert (
        isinstance(verdict, Refuse) and verdict.status == 405
    )  # it is a path of `/{id}`, as in the frameworks


def _without_templates(framework: str) -> Compiled:
    document = {**DOCUMENT, "paths": {k: v for k, v in DOCUMENT["paths"].items() if "{" not in k}}
    read = load(Workspace(Path(), {"openapi.json": json.dumps(document)}), "openapi.json")[0]
    return compile_contract(read, Policy(), Options(leniency=leniency(framework=framework)))


def test_operations_beyond_the_contract() -> None:
    guard = _guard("guard: {pass: GET /docs/page}", passes=["POST /hook/{id}"])
    assert _said(guard, "GET /docs/page", 200, "text/html", HTML)[:2] == (200, HTML)
    assert _said(guard, "GET /docs/page", 500, "text/html", HTML)[:2] == (500, b"replaced")
    assert _allowed(guard, "POST /hook/7").served is not None
    assert isinstance(request(guard, asked("PUT", "/docs/page")), Refuse)


def test_rows() -> None:
    row = "guard: {relax: [{rule: answer-body, operation: GET /things/, why: legacy clients}]}"
    wrong = {"n": "x"}
    assert _said(_guard(row), "GET /things/", 200, "application/json", wrong)[2] == (Rule.ANSWER_BODY,)
    assert _said(_guard(row), "GET /7", 200, "application/json", wrong)[1] == b"replaced"
    everywhere = _guard(relax=[{"rule": "answer-body", "why": "legacy clients"}])
    assert _said(everywhere, "GET /7", 200, "application/json", wrong)[2] == (Rule.ANSWER_BODY,)
    assert _said(everywhere, "GET /7", 202, "application/json", wrong)[1] == b"replaced"
    status = _guard(relax=[written("status=4XX,operation=GET /{id},why=none is declared, yet")])
    assert _said(status, "GET /7", 404, "text/html", HTML)[1:] == (HTML, (Rule.ANSWER_STATUS,))
    assert _said(status, "GET /7", 500, "text/html", HTML)[1] == b"replaced"
    assert _said(status, "GET /things/", 404, "text/html", HTML)[1] == b"replaced"
    whole = _guard(relax=[{"operation": "GET /{id}", "why": "to be documented"}])
    assert _said(whole, "GET /7", 500, "text/html", HTML)[2] == (Rule.ANSWER_STATUS,)


def test_formats() -> None:
    odd, large = {"at": "yesterday"}, {"n": 2**40}
    for guard in (_guard(formats="relaxed"), _guard("guard: {formats: relaxed}")):
        assert _said(guard, "GET /7", 200, "application/json", odd)[1] == json.dumps(odd).encode()
        assert _said(guard, "GET /7", 200, "application/json", {"at": 7})[1] == b"replaced"
        assert _said(guard, "GET /7", 200, "application/json", large)[0] == 200
    one = _guard(relax=[{"format": "date-time", "operation": "GET /{id}", "why": "old rows"}])
    assert _said(one, "GET /7", 200, "application/json", odd)[0] == 200
    assert _said(one, "GET /7", 200, "application/json", large)[1] == b"replaced"
    assert _said(one, "GET /things/", 200, "application/json", odd)[1] == b"replaced"
    served = _allowed(one, "POST /things/").served
    assert served is not None and request_body(served, "application/json", json.dumps(odd).encode())


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"rule": "answer-bodi", "why": "because"}, "did you mean `answer-body`"),
        ({"operation": "GET /thing/", "why": "because"}, "did you mean `GET /things/`"),
        ({"format": "datetime", "why": "because"}, "did you mean `date-time`"),
        ({"status": "40", "why": "because"}, "write 404 or 4XX"),
        ({"status": "404", "rule": "path", "why": "because"}, "does not narrow"),
        ({"format": "date", "rule": "path", "why": "because"}, "whole operations"),
        ({"why": "because"}, "names nothing"),
        ({"rule": "path"}, "needs a reason"),
        ({"rul": "path", "why": "because"}, "did you mean `rule`"),
    ],
)
def test_names_that_are_none(row: dict[str, str], says: str) -> None:
    with pytest.raises(GuardProblem, match=r"^relax: .*") as given:
        _guard(relax=[row])
    assert says in str(given.value)
    if "rul" in row or ("rule" in row and "why" not in row):
        return
    with pytest.raises(GuardProblem) as of_policy:
        _guard(f"guard: {{relax: [{json.dumps(row)}]}}")
    assert str(of_policy.value).startswith("batten.yaml:1: ") and says in str(of_policy.value)


def test_other_values_that_are_none() -> None:
    with pytest.raises(GuardProblem, match="did you mean `fastapi`"):
        leniency(framework="fast-api")
    with pytest.raises(PolicyProblem, match="did you mean `django`"):
        _guard("guard: {framework: dango}")
    with pytest.raises(PolicyProblem, match="needs a reason"):
        _guard("guard: {relax: [{rule: path}]}")
    with pytest.raises(
        PolicyProblem, match=r"batten.yaml:1: '/a\\nb' is not a path .*; write it with its base path"
    ):
        _guard('guard: {websockets: [/a, "/a\\nb"]}')
    with pytest.raises(GuardProblem, match="is not an operation"):
        _guard(passes=["/docs"])
    with pytest.raises(GuardProblem, match="has no value"):
        written("answer-body,why=x")


def test_what_is_relaxed_is_told() -> None:
    guard = _guard("guard: {framework: drf, relax: [{rule: path, why: a reason}]}", formats="relaxed")
    assert guard.relaxed.lines == ("framework drf", "formats are not judged", "relaxed: path (a reason)")


def test_formats_are_those_that_are_judged() -> None:

    bad = {"int32": 2**31, "int64": 2**63, "regex": "("}
    for name in FORMATS:
        kind = "integer" if name.startswith("int") else "string"
        schema = {"type": kind, "format": name}
        document = {**DOCUMENT, "paths": {"/a": {"get": {"responses": {"200": {"description": "", "content": {
            "application/json": {"schema": schema}}}}}}}}  # fmt: skip
        read = load(Workspace(Path(), {"a.json": json.dumps(document)}), "a.json")[0]
        strict = Validators(read).response(read.operations[0], 200, "application/json")
        eased = Validators(read, annotations=frozenset((name,))).response(
            read.operations[0], 200, "application/json"
        )
        value = bad.get(name, "\\ {x")
        assert strict is not None and eased is not None
        assert (strict.is_valid(value), eased.is_valid(value)) == (False, True), name


def test_the_table_of_presets_is_in_the_documentation() -> None:
    assert table() in (ROOT / "docs/guard.md").read_text(encoding="utf-8")

"""readOnly properties in requests by policy: refused, taken out, or passed, on every carrier."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from cases.case import asked, posted
from guard_clients import Client
from guard_contracts import contract
from guard_proxies import settings, working
from guard_upstream import upstream
from test_extproc_exchange import request
from test_wsgi import Answer, _environ

from batten.guard import Options, compile_contract
from batten.guard.accounting import Accounting
from batten.guard.asgi import Guard as AsgiGuard
from batten.guard.decisions import answer, stripped_body
from batten.guard.decisions import request as asking
from batten.guard.extproc.exchange import Exchange
from batten.guard.extproc.messages import Asked, BodyMode, GoOn, Part
from batten.guard.options import Mode
from batten.guard.served import Allow
from batten.guard.tally import Tally
from batten.guard.verdicts import AnswerHead, Head, Pass, Replace
from batten.guard.wsgi import Guard as WsgiGuard
from batten.policy import Policy
from batten.policy.guarding import Guarding, ReadOnly

SENT = b'{"name": "m\xc3\xbcg", "id": 7, "parts": [{"n": 1, "id": 2}, {"n": 12345678901234567890}]}'
STRIPPED = '{"name":"müg","parts":[{"n":1},{"n":12345678901234567890}]}'.encode()
STRIP = Policy(choices=Guarding(read_only=ReadOnly.STRIP))
PASS = Policy(choices=Guarding(read_only=ReadOnly.PASS))
JSON = (b"content-type", b"application/json")
TARGET = "/v1/bodies/owned"


def test_stripped_bodies() -> None:
    made = compile_contract(contract(), STRIP, Options())
    allow = asking(made, Head("POST", TARGET.encode(), b"", (JSON,), "https"))
    assert isinstance(allow, Allow) and allow.served is not None
    for body in (b'{"name": "mug"}', b"{", b"[1]", b'{"name":1,"name":2}', b""):
        assert stripped_body(allow.served, "application/json", body) is body
    assert stripped_body(allow.served, "application/json", SENT) == STRIPPED


@pytest.mark.parametrize(("policy", "replaced"), [(Policy(), True), (STRIP, True), (PASS, False)])
def test_write_only_properties_in_answers(policy: Policy, replaced: bool) -> None:
    made = compile_contract(contract(), policy, Options())
    allow = asking(made, Head("POST", TARGET.encode(), b"", (), "https"))
    assert isinstance(allow, Allow)
    verdict = answer(made, allow, AnswerHead(200, (JSON,)), b'{"id":1,"name":"mug","pin":"x"}')
    assert isinstance(verdict, Replace if replaced else Pass)


async def _through_asgi(policy: Policy) -> tuple[int, bytes, dict[bytes, bytes]]:
    seen: list[tuple[bytes, dict[bytes, bytes]]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        seen.append((message["body"], dict(scope["headers"])))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    halves = [
        {"type": "http.request", "body": half, "more_body": more}
        for half, more in ((SENT[:9], True), (SENT[9:], False))
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return halves.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", b"api.example.com"), JSON, (b"content-length", b"%d" % len(SENT))]
    scope = {"type": "http", "method": "POST", "path": TARGET, "raw_path": TARGET.encode(), "query_string": b"", "headers": headers,
             "scheme": "https", "http_version": "1.1"}  # fmt: skip
    await AsgiGuard(app, contract(), policy)(scope, receive, send)
    body, got = seen[0] if seen else (b"", {})
    return sent[0]["status"], body, got


@pytest.mark.parametrize(("policy", "got"), [(STRIP, STRIPPED), (PASS, SENT)])
def test_asgi(policy: Policy, got: bytes) -> None:
    status, body, headers = asyncio.run(_through_asgi(policy))
    assert (status, body, headers[b"content-length"]) == (204, got, b"%d" % len(got))
    assert asyncio.run(_through_asgi(Policy()))[0] == 400


@pytest.mark.parametrize(("policy", "got"), [(STRIP, STRIPPED), (PASS, SENT)])
def test_wsgi(policy: Policy, got: bytes) -> None:
    seen: list[bytes] = []

    def app(environ: Any, start_response: Any) -> Any:
        seen.append(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])) + environ["wsgi.input"].read())
        start_response("204 No Content", [])
        return []

    environ = _environ(TARGET, "POST", SENT, CONTENT_TYPE="application/json")
    assert Answer(WsgiGuard(app, contract(), policy), environ).status == 204
    assert seen == [got]
    refused = _environ(TARGET, "POST", SENT, CONTENT_TYPE="application/json")
    assert Answer(WsgiGuard(app, contract(), Policy()), refused).status == 400


def test_the_proxy(tmp_path: Path) -> None:
    with upstream() as behind:
        chosen = settings(tmp_path, behind.port)
        (tmp_path / "batten.yaml").write_text("guard: {read-only: strip}\n", encoding="utf-8")
        with working(chosen) as (port, _):
            client = Client(port)
            client.send(posted(f"POST {TARGET}", SENT, "Content-Type: application/json"))
            assert client.answer().status == 204
            halves = b"".join(b"%x\r\n%b\r\n" % (len(half), half) for half in (SENT[:9], SENT[9:], b""))
            client.send(
                asked(
                    f"POST {TARGET}",
                    "Content-Type: application/json",
                    "Transfer-Encoding: chunked",
                    body=halves,
                )
            )
            assert client.answer().status == 204
            client.close()
        assert [body for _, _, body in behind.seen] == [STRIPPED, STRIPPED]


def test_the_external_processor() -> None:
    one = Exchange(Accounting(compile_contract(contract(), STRIP, Options()), Tally()))
    said = one.on(request("POST", TARGET, JSON, (b"content-length", b"%d" % len(SENT)), ends=False))
    assert isinstance(said, GoOn) and said.request_body is BodyMode.BUFFERED
    said = one.on(Asked(Part.REQUEST_BODY, (), SENT, True))
    assert isinstance(said, GoOn) and said.body == STRIPPED
    assert said.changes.added == ((b"content-length", b"%d" % len(STRIPPED)),)


def test_nothing_is_taken_out_where_the_rule_is_observed() -> None:
    observing = compile_contract(contract(), STRIP, Options(rules={"request-body": Mode.OBSERVE}))
    allow = asking(observing, Head("POST", TARGET.encode(), b"", (JSON,), "https"))
    assert isinstance(allow, Allow) and allow.served is not None
    assert stripped_body(allow.served, "application/json", SENT) is SENT

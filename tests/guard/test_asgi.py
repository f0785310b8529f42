"""What the carrier does whatever the contract says: streams, failures, sockets, start-up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from guard_contracts import TEXT, asked, contract
from guard_servers import asked_raw, served
from starlette.responses import JSONResponse, Response, StreamingResponse

from batten.guard import GuardProblem, Limits, Rule
from batten.guard.asgi import Guard
from batten.guard.traffic.counts import Traffic
from batten.guard.traffic.traffic_file import read
from batten.guard.verdicts import Refuse
from batten.policy import Policy, PolicyProblem
from batten.policy.leniency import Leniency


def _guard(app: Any, **settings: Any) -> Guard:
    return Guard(app, contract(), Policy(origins=("https://shop.example.com",)), **settings)


def _app(answer: Callable[[], Response]) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await answer()(scope, receive, send)

    return app


def _fails() -> Response:
    raise RuntimeError("secret internals")


async def _ask(guard: Guard, path: str = "/v1/things", kind: str = "http", **extra: Any) -> list[Any]:
    """The messages that a client would get."""
    sent: list[Any] = []
    asked = iter((True,))

    async def receive() -> Any:
        if not next(asked, False):
            await asyncio.Event().wait()  # the client stays, and says nothing more
        return {
            "type": "http.request" if kind == "http" else "websocket.connect",
            "body": extra.get("body", b""),
        }

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": kind, "method": extra.get("method", "GET"), "path": path, "raw_path": path.encode(),
             "query_string": b"", "scheme": "http", "http_version": "1.1", "headers": extra.get("headers", [])}  # fmt: skip
    await guard(scope, receive, send)
    return sent


def test_exception_becomes_a_problem(caplog: pytest.LogCaptureFixture) -> None:
    guard = _guard(_app(_fails))
    start, body = asyncio.run(_ask(guard))
    assert start["status"] == 500 and b"secret" not in body["body"] and len(body["body"]) == 512
    assert "secret internals" in caplog.text
    assert guard.tally.total(Rule.ANSWER_ERROR) == 1


def test_exception_is_let_out_when_only_observed() -> None:
    with pytest.raises(RuntimeError):
        asyncio.run(_ask(_guard(_app(_fails), mode="observe")))


def test_an_application_that_says_nothing() -> None:
    async def silent(scope: Any, receive: Any, send: Any) -> None:
        return

    assert asyncio.run(_ask(_guard(silent)))[0]["status"] == 500


def test_answer_that_never_ends_is_replaced() -> None:
    async def half(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"[", "more_body": True})

    start, body = asyncio.run(_ask(_guard(half)))
    assert start["status"] == 500 and len(body["body"]) == 512


@pytest.mark.parametrize(("mode", "status"), [("enforce", 500), ("observe", 200)])
def test_answers_larger_than_what_is_kept(mode: str, status: int) -> None:
    large = [{"name": "mug"}] * 400

    async def chunks() -> AsyncIterator[bytes]:
        for byte in JSONResponse(large).body:
            yield bytes((byte,))

    guard = _guard(
        _app(lambda: StreamingResponse(chunks(), media_type="application/json")),
        mode=mode,
        limits=Limits(answer_body=1000),
    )
    start, *bodies = asyncio.run(_ask(guard))
    assert start["status"] == status
    if status == 200:
        assert b"".join(m["body"] for m in bodies) == JSONResponse(large).body
    assert guard.tally.total(Rule.ANSWER_BODY) == 1


def test_events_pass_one_by_one() -> None:
    async def events() -> AsyncIterator[bytes]:
        for number in range(5):
            yield b"data: %d\n\n" % number

    guard = _guard(_app(lambda: StreamingResponse(events(), media_type="text/event-stream")))
    start, *bodies = asyncio.run(_ask(guard, "/v1/events"))
    assert start["status"] == 200 and len(bodies) == 6
    assert (b"x-content-type-options", b"nosniff") in start["headers"]


def test_bodies_that_are_not_judged_are_bounded_too() -> None:
    async def reads(scope: Any, receive: Any, send: Any) -> None:
        try:
            await receive()
        except Exception:  # as frameworks do
            await JSONResponse({}, 400)(scope, receive, send)

    guard = _guard(reads, limits=Limits(request_body=10))
    headers = [(b"content-type", b"text/csv"), (b"transfer-encoding", b"chunked")]
    start, _ = asyncio.run(_ask(guard, "/v1/things/7", method="PUT", headers=headers, body=b"x" * 50))
    assert start["status"] == 413


@pytest.mark.parametrize(
    ("origin", "passes"),
    [(b"https://shop.example.com", True), (b"http://api.example.com", True), (b"https://evil.example", False),
     (b"null", False), (None, True)],
)  # fmt: skip
def test_websocket_origin(origin: bytes | None, passes: bool) -> None:
    async def accepts(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})

    headers = [(b"host", b"api.example.com"), *([(b"origin", origin)] if origin is not None else [])]
    policy = Policy(origins=("https://shop.example.com",), leniency=Leniency(websockets=("/rooms/{id}",)))
    guard = Guard(accepts, contract(), policy)
    sent = asyncio.run(_ask(guard, "/rooms/7", "websocket", headers=headers))
    assert sent[0]["type"] == ("websocket.accept" if passes else "websocket.close")


def test_server_without_raw_path() -> None:
    guard = _guard(_app(lambda: JSONResponse([])))

    async def ask(path: str) -> int:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": "http.request"}

        scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b""}
        await guard(scope, receive, send)
        return int(sent[0]["status"])

    assert asyncio.run(ask("/v1/things")) == 200
    assert asyncio.run(ask("/v1/../v1/things")) == 400


def test_as_a_frameworks_middleware(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(TEXT, encoding="utf-8")
    app = FastAPI(debug=True)

    @app.get("/v1/things")
    async def things() -> list[dict[str, str]]:
        return [{"name": "mug"}]

    @app.get("/v1/choice")
    async def choice() -> Response:
        return _fails()

    app.add_middleware(Guard, contract=tmp_path / "openapi.yaml")
    with served(app) as port:
        status, head, body = asked_raw(port, "GET /v1/things")
        assert (status, body) == (200, b'[{"name":"mug"}]') and b"x-frame-options: deny" in head
        assert asked_raw(port, "GET /v1/choice")[0] == 500
        assert b"Traceback" not in asked_raw(port, "GET /v1/choice")[2]
        assert asked_raw(port, "GET /docs")[0] == 404


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(GuardProblem, match="cannot be read"):
        Guard(_app(Response), tmp_path / "none.yaml")
    (tmp_path / "openapi.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(GuardProblem):
        Guard(_app(Response), tmp_path / "openapi.yaml")
    (tmp_path / "openapi.yaml").write_text(TEXT, encoding="utf-8")
    (tmp_path / "batten.yaml").write_text("orgins: []", encoding="utf-8")
    with pytest.raises(PolicyProblem, match="orgins"):
        Guard(_app(Response), tmp_path / "openapi.yaml")
    with pytest.raises(GuardProblem, match="not a mode"):
        Guard(_app(Response), contract(), Policy(), mode="watch")


def test_traffic_is_written_when_the_server_ends(tmp_path: Path) -> None:
    kept = tmp_path / "traffic.db"

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "lifespan.shutdown.complete"})

    guard = _guard(app, traffic=Traffic(kept, every=3_600))
    guard.accounting.refused(asked("GET", "/v1/nothing"), Refuse(Rule.PATH, 404, "Not Found"))

    async def send(message: Any) -> None:
        assert read(kept)[0], message

    asyncio.run(guard({"type": "lifespan"}, send, send))
    assert [row.path for row in read(kept)[0]] == ["/v1/nothing"]

"""WebSocket handshakes: which paths have one, who may ask, and what the client is told."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from cases.case import asked
from guard_clients import Client
from guard_servers import served

from batten.contract import Contract, load
from batten.formats import Workspace
from batten.guard import GuardProblem, Rule
from batten.guard.asgi import Guard
from batten.policy import Policy
from batten.policy.leniency import Leniency
from needs import package

_TEXT = """\
openapi: 3.1.0
info: {title: Rooms, version: "1"}
servers: [{url: /v1}, {url: /v2}]
paths:
  /rooms/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      security: [{key: []}]
      responses: {"101": {description: the room's messages}, 4XX: {description: no}}
  /news:
    get: {responses: {"200": {description: a page, content: {text/html: {}}}}}
  /open:
    get: {responses: {1XX: {description: any}}}
    post: {responses: {"101": {description: no WebSocket}}}
components: {securitySchemes: {key: {type: apiKey, in: query, name: key}}}
"""
_POLICY = Policy(
    hosts=("api.example.com",), leniency=Leniency(websockets=("/v1/lobby", "/hooks/{name}/live"))
)
_HOST = (b"host", b"api.example.com")


def _contract() -> Contract:
    read, problems = load(Workspace(Path(), {"openapi.yaml": _TEXT}), "openapi.yaml")
    assert not problems
    return read


def _asked(
    path: str, *headers: tuple[bytes, bytes], policy: Policy = _POLICY, answers: bool = True, **more: Any
) -> tuple[list[Any], list[Any], Guard]:
    """What the client gets, the scopes that the application gets, and the guard."""
    sent: list[Any] = []
    scopes: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)
        await send({"type": "websocket.accept"})

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    guard = Guard(app, _contract(), policy, **more)
    raw, _, query = path.partition("?")
    scope = {"type": "websocket", "path": raw, "raw_path": raw.encode(), "query_string": query.encode(), "scheme": "ws",
             "client": ("127.0.0.1", 5_000), "headers": [_HOST, *headers] if headers[:1] != ((b"host", b"evil.example"),) else list(headers),
             "extensions": {"websocket.http.response": {}} if answers else {}}  # fmt: skip
    asyncio.run(guard(scope, receive, send))
    return sent, scopes, guard


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/rooms/7?key=a", 101), ("/v2/rooms/7?key=a", 101), ("/v1/open", 101), ("/v1/lobby", 101), ("/hooks/a/live", 101),
        ("/v1/rooms/7", 401), ("/v1/rooms/7?key=", 401), ("/v1/news", 404), ("/v1/nowhere", 404), ("/", 404), ("/v2/lobby", 404),
        ("/v1/lobby/", 404), ("/v1/Lobby", 404), ("/v1/rooms", 404), ("/hooks/a/b/live", 404), ("/v1/../v1/lobby", 400), ("/v1//lobby", 400),
        ("/v1/rooms/a%2Fb?key=a", 400), ("/v1/l%6Fbby", 400),
    ],
)  # fmt: skip
def test_paths(path: str, status: int) -> None:
    sent, scopes, _ = _asked(path)
    if status == 101:
        assert [message["type"] for message in sent] == ["websocket.accept"] and len(scopes) == 1
        return
    start, body = sent
    assert not scopes and (start["type"], start["status"]) == ("websocket.http.response.start", status)
    assert (b"content-type", b"application/problem+json") in start["headers"]
    assert (b"x-content-type-options", b"nosniff") in start["headers"] and len(body["body"]) == 512


def test_servers_that_cannot_answer_close() -> None:
    sent, scopes, guard = _asked("/v1/nowhere", answers=False)
    assert sent == [{"type": "websocket.close", "code": 1008}] and not scopes
    (count,) = guard.tally.counts()
    assert (count.rule, count.enforced) == (Rule.PATH, True)


def test_other_hosts_and_origins() -> None:
    assert _asked("/v1/lobby", (b"host", b"evil.example"))[0][0]["status"] == 421
    assert _asked("/v1/lobby", (b"origin", b"https://evil.example"))[0][0]["status"] == 403
    assert _asked("/v1/lobby", (b"origin", b"http://api.example.com"))[1]


def test_observed_handshakes_pass_and_are_counted() -> None:
    sent, scopes, guard = _asked("/v1/nowhere", mode="observe")
    assert sent == [{"type": "websocket.accept"}] and scopes
    assert [(count.rule, count.enforced) for count in guard.tally.counts()] == [(Rule.PATH, False)]


def test_headers_of_proxies_are_dropped() -> None:
    _, (scope,), _ = _asked(
        "/v1/lobby", (b"x-forwarded-user", b"root"), (b"x_real_ip", b"1.2.3.4"), (b"x-trace", b"7")
    )
    assert dict(scope["headers"]) == {b"host": b"api.example.com", b"x-trace": b"7"}
    assert (scope["client"], scope["scheme"]) == (("127.0.0.1", 5_000), "ws")


def test_trusted_proxies_tell_of_the_client() -> None:
    headers = (
        (b"x-forwarded-for", b"203.0.113.9, 192.0.2.1"),
        (b"x-forwarded-proto", b"https"),
        (b"origin", b"https://api.example.com"),
    )
    _, (scope,), _ = _asked("/v1/lobby", *headers, trusted=["127.0.0.1"])
    assert (scope["client"], scope["scheme"]) == (("192.0.2.1", 0), "wss")
    assert dict(scope["headers"])[b"x-forwarded-for"] == b"192.0.2.1"


@pytest.mark.parametrize("path", ["lobby", "", "/lobby?a=b"])
def test_what_is_no_path_stops_the_start(path: str) -> None:
    with pytest.raises(GuardProblem, match=r"websockets: '.*' is not a path; write it with its base path"):
        _asked("/", policy=Policy(leniency=Leniency(websockets=(path,))))


def test_on_a_real_server() -> None:
    package("wsproto")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close"})

    key = (
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    )
    with served(Guard(app, _contract(), _POLICY), ws="wsproto") as port:
        for path, status in (("/v1/lobby", 101), ("/v1/nowhere", 404), ("/v1/rooms/7", 401)):
            client = Client(port)
            client.send(asked(f"GET {path}", *key))
            answer = client.answer()
            client.close()
            assert answer.status == status and (status == 101 or len(answer.body) == 512)

"""Headers that servers differ about: what they let pass, the middleware does not, in requests and in answers."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping
from typing import Any

import pytest
from guard_contracts import compiled, contract

from batten.guard import Options, Rule
from batten.guard.accounting import Accounting
from batten.guard.asgi import Guard as AsgiGuard
from batten.guard.extproc.exchange import Exchange
from batten.guard.extproc.messages import Asked, Instead, Part
from batten.guard.tally import Tally
from batten.guard.wsgi import Guard as WsgiGuard
from batten.policy import Policy

JSON = (b"content-type", b"application/json")
BODY = b"[]"
Pairs = list[tuple[bytes, bytes]]

ANSWERS: dict[str, Pairs] = {
    "CR and LF in a value": [JSON, (b"x-next", b"a\r\nset-cookie: sid=1")],
    "LF in a value": [JSON, (b"x-next", b"a\nb")],
    "CR in a value": [JSON, (b"x-next", b"a\rb")],
    "NUL in a value": [JSON, (b"x-next", b"a\0b")],
    "escape in a value": [JSON, (b"x-next", b"\x1b[2J")],
    "DEL in a value": [JSON, (b"x-next", b"\x7f")],
    "LF in a cookie": [JSON, (b"set-cookie", b"a=b\nc")],
    "LF in a redirect": [JSON, (b"location", b"/a\nb")],
    "LF in a name": [JSON, (b"x-a\nset-cookie", b"b")],
    "blank in a name": [JSON, (b"x a", b"b")],
    "colon in a name": [JSON, (b"x-a:", b"b")],
    "no name": [JSON, (b"", b"b")],
    "a name beyond ASCII": [JSON, (b"x-\xe9", b"b")],
    "two media types": [JSON, (b"content-type", b"text/html")],
    "the media type twice": [JSON, JSON],
    "two lengths": [JSON, (b"content-length", b"2"), (b"content-length", b"3")],
    "a length of words": [JSON, (b"content-length", b"two")],
    "a list of lengths": [JSON, (b"content-length", b"2, 2")],
    "a length below 0": [JSON, (b"content-length", b"-2")],
    "a length and chunks": [JSON, (b"content-length", b"2"), (b"transfer-encoding", b"chunked")],
    "two places": [JSON, (b"location", b"/a"), (b"location", b"/b")],
}
FINE: dict[str, Pairs] = {
    "tab and blanks": [JSON, (b"x-next", b"a\t b")],
    "Latin-1": [JSON, (b"x-next", b"\xe9")],
    "two cookies": [JSON, (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")],
    "names in upper case": [(b"Content-Type", b"application/json"), (b"X-Next", b"a")],
    "a length": [JSON, (b"content-length", b"2")],
    "an empty value": [JSON, (b"x-next", b"")],
}
REQUESTS: dict[str, Pairs] = {
    "NUL in a value": [(b"x-a", b"a\0")],
    "CR in a value": [(b"x-a", b"a\rb")],
    "escape in a value": [(b"x-a", b"\x1b")],
    "LF in the first of two": [(b"x-a", b"a\nb"), (b"x-a", b"c")],
    "two media types": [JSON, (b"content-type", b"text/plain")],
    "two lengths": [(b"content-length", b"0"), (b"content-length", b"2")],
    "a name in upper case": [(b"Content-Length", b"5")],
    "blank in a name": [(b"x a", b"b")],
    "no name": [(b"", b"b")],
}


def _asgi(headers: Pairs, asked: Pairs = [], rules: Mapping[str, str] = {}) -> tuple[int, Pairs]:  # noqa: B006
    sent: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": BODY})

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/v1/things", "raw_path": b"/v1/things", "query_string": b"",
             "headers": [(b"host", b"api.example.com"), *asked], "scheme": "http", "http_version": "1.1"}  # fmt: skip
    guard = AsgiGuard(app, contract(), Policy(), rules=rules)
    asyncio.run(guard(scope, receive, send))  # type: ignore[arg-type]
    return sent[0]["status"], list(sent[0]["headers"])


def _wsgi(headers: Pairs, asked: Mapping[str, str] = {}, rules: Mapping[str, str] = {}) -> tuple[int, Pairs]:
    seen: list[tuple[int, Pairs]] = []

    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [(n.decode("latin-1"), v.decode("latin-1")) for n, v in headers])
        return [BODY]

    def start(status: str, sent: Any, _: Any = None) -> None:
        seen.append((int(status[:3]), [(n.encode("latin-1"), v.encode("latin-1")) for n, v in sent]))

    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/v1/things", "HTTP_HOST": "api.example.com", "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), **asked}  # fmt: skip
    list(WsgiGuard(app, contract(), Policy(), rules=rules)(environ, start))
    return seen[-1]


def _envoy(headers: Pairs, rule: str = "") -> int:
    chosen = Options(rules={rule: Options().mode.OBSERVE} if rule else {})
    exchange = Exchange(Accounting(compiled(chosen), Tally()))
    asked = ((b":method", b"GET"), (b":path", b"/v1/things"), (b":scheme", b"http"), (b":authority", b"api.example.com"))  # fmt: skip
    exchange.on(Asked(Part.REQUEST_HEADERS, asked, ends=True))
    answer = ((b":status", b"200"), *headers)
    said = exchange.on(Asked(Part.ANSWER_HEADERS, answer, details="via_upstream"))
    return said.status if isinstance(said, Instead) else 200


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_are_replaced(name: str) -> None:
    headers = ANSWERS[name]
    for status, sent in (_asgi(headers), _wsgi(headers)):
        assert status == 500 and dict(sent)[b"content-type"] == b"application/problem+json"
        assert not any(set(value) & set(b"\r\n\0\x1b\x7f") for _, value in sent)
        assert [n for n, _ in sent].count(b"content-type") == 1
    assert _envoy(headers) == 500
    observed = {Rule.ANSWER_ERROR.value: "observe"}
    assert _asgi(headers, rules=observed)[0] == 200 and _wsgi(headers, rules=observed)[0] == 200
    assert _envoy(headers, Rule.ANSWER_ERROR.value) == 200


@pytest.mark.parametrize("name", FINE)
def test_other_answers_pass(name: str) -> None:
    assert _asgi(FINE[name])[0] == _wsgi(FINE[name])[0] == 200
    lower = [(n.lower(), v) for n, v in FINE[name]]
    assert _envoy(lower) == 200


@pytest.mark.parametrize("name", REQUESTS)
def test_requests_are_refused(name: str) -> None:
    assert _asgi([JSON], REQUESTS[name])[0] == 400


@pytest.mark.parametrize(
    "asked",
    [
        {"HTTP_X_A": "a\0"},
        {"HTTP_X_A": "a\rb"},
        {"CONTENT_TYPE": "application/json", "HTTP_CONTENT_TYPE": "text/plain"},
        {"HTTP_CONTENT_TYPE": "text/plain"},
        {"CONTENT_LENGTH": "0", "HTTP_CONTENT_LENGTH": "2"},
        {"HTTP_X A": "b"},
        {"HTTP_": "b"},
    ],
)
def test_requests_of_wsgi_are_refused(asked: dict[str, str]) -> None:
    assert _wsgi([JSON], asked)[0] == 400


def test_a_server_that_gives_a_header_twice_alike_is_served() -> None:
    assert _wsgi([JSON], {"CONTENT_TYPE": "text/plain", "HTTP_CONTENT_TYPE": "text/plain"})[0] == 200

"""Observe mode changes nothing: application and client get the same messages as without the guard, and the same bytes."""

from __future__ import annotations

import asyncio
import gzip
import io
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from guard_contracts import contract
from guard_proxies import settings, working
from guard_servers import exchanged, served
from guard_upstream import upstream
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from batten.guard import Limits, Mode, Options, Rule
from batten.guard.asgi import Guard as AsgiGuard
from batten.guard.wsgi import Guard as WsgiGuard
from batten.policy import Policy

Pair = tuple[bytes, bytes]
POLICY = Policy(origins=("https://shop.example.com",))
TARGETS = st.sampled_from(
    ["/v1/things", "/v1/things", "/v1/things", "/v1/things/7", "/v1/choice", "/v1/events", "/v1/report", "/v1/nothing", "/v1/%74hings", "/v1//a"]
)  # fmt: skip
ASKED = st.lists(
    st.sampled_from(
        [
            (b"Accept-Encoding", b"br, gzip;q=0.5, zstd"),
            (b"Range", b"bytes=0-9"),
            (b"If-Range", b'"a"'),
            (b"X-HTTP-Method-Override", b"DELETE"),
            (b"x_forwarded_for", b"10.0.0.1"),
            (b"Origin", b"https://evil.example"),
            (b"Authorization", b"Bearer abc"),
            (b"Cookie", b"sid=1"),
        ]
    ),
    unique=True,
    max_size=5,
)
SAID = st.lists(
    st.sampled_from(
        [
            (b"Content-Type", b"application/json"),
            (b"content-type", b"application/json"),
            (b"Content-type", b"text/html"),
            (b"Content-Length", b"16"),
            (b"Server", b"uvicorn"),
            (b"X-Powered-By", b"Express"),
            (b"Set-Cookie", b"sid=1"),
            (b"Set-Cookie", b"theme=dark; Path=/"),
            (b"Access-Control-Allow-Origin", b"*"),
            (b"Cache-Control", b"public"),
            (b"Content-Encoding", b"br"),
            (b"Content-Range", b"bytes 0-9/20"),
            (b"Vary", b"Accept"),
        ]
    ),
    unique=True,
    max_size=7,
)
BODIES = st.lists(
    st.sampled_from([b'[{"name":"mug"}]', b"", b'{"a":1,"a":2}', b"x" * 3000, b"{", gzip.compress(b"[]")]),
    max_size=3,
)
STATUSES = st.sampled_from([200, 200, 200, 201, 201, 204, 206, 304, 404, 500])
METHODS = st.sampled_from(["GET", "GET", "POST", "POST", "HEAD", "PUT", "OPTIONS", "DELETE"])
# What an application does with one request, whatever it is.
PLAYED = st.tuples(METHODS, TARGETS, ASKED, BODIES, STATUSES, SAID, BODIES, st.booleans())
Played = tuple[str, str, list[Pair], list[bytes], int, list[Pair], list[bytes], bool]


def _asgi(played: Played, guarded: bool) -> tuple[Any, list[Any], list[Any]]:
    """The scope and the messages that the application got, and those that the server got."""
    method, target, asked, sent, status, said, body, fails = played
    got: list[Any] = []
    out: list[Any] = []
    seen: list[Any] = []
    coming: list[Any] = [{"type": "http.request", "body": b, "more_body": True} for b in sent]
    coming.append({"type": "http.request", "body": b"", "more_body": False})

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(dict(scope))
        while (message := await receive()).get("more_body"):
            got.append(message)
        got.append(message)
        await send({"type": "http.response.start", "status": status, "headers": said, "trailers": True})
        for chunk in body:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        if fails:
            raise RuntimeError("broken")
        await send({"type": "http.response.body"})
        await send({"type": "http.response.trailers", "headers": [(b"x-sum", b"1")]})

    async def receive() -> Any:
        return coming.pop(0)

    async def send(message: Any) -> None:
        out.append(message)

    limits = Limits(request_body=2500, answer_body=2500)
    guard = AsgiGuard(app, contract(), POLICY, mode="observe", limits=limits) if guarded else app
    path, _, query = target.partition("?")
    scope = {
        "type": "http", "method": method, "path": path.replace("%74", "t"), "raw_path": path.encode(), "http_version": "1.1",
        "query_string": query.encode(), "scheme": "http", "headers": [(n.lower(), v) for n, v in asked],
        "extensions": {"http.response.trailers": {}, "http.response.pathsend": {}},
    }  # fmt: skip
    try:
        asyncio.run(guard(scope, receive, send))
    except RuntimeError:
        out.append("raised")
    return seen, got, out


@given(PLAYED)
@profile(max_examples=150, deadline=None)
def test_asgi(played: Played) -> None:
    assert _asgi(played, guarded=True) == _asgi(played, guarded=False)


def _wsgi(played: Played, guarded: bool) -> tuple[Any, bytes, list[Any]]:
    method, target, asked, sent, status, said, body, fails = played
    got: list[Any] = []
    out: list[Any] = []

    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        got.append({k: v for k, v in environ.items() if k != "wsgi.input"})
        got.append(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH", 0))))
        write = start_response(f"{status} As I Say", [(n.decode(), v.decode()) for n, v in said])
        if fails:
            write(b"written")
        yield from body

    def start_response(status_line: str, headers: list[Any], exc_info: Any = None) -> Any:
        out.append((status_line, headers))
        return out.append

    whole = b"".join(sent)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": target.replace("%74", "t"), "RAW_URI": target, "QUERY_STRING": "",
        "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(whole), "HTTP_HOST": "api.example.com",
        **{"HTTP_" + n.decode().upper().replace("-", "_"): v.decode() for n, v in asked},
    }  # fmt: skip
    if whole:
        environ |= {"CONTENT_LENGTH": str(len(whole)), "CONTENT_TYPE": "application/json"}
    limits = Limits(request_body=2500, answer_body=2500)
    guard = WsgiGuard(app, contract(), POLICY, mode="observe", limits=limits) if guarded else app
    answer = guard(environ, start_response)
    out += list(answer)
    if hasattr(answer, "close"):
        answer.close()
    return got[0], got[1], out


@given(PLAYED)
@profile(max_examples=150, deadline=None)
def test_wsgi(played: Played) -> None:
    assert _wsgi(played, guarded=True) == _wsgi(played, guarded=False)


async def _plain(scope: Any, receive: Any, send: Any) -> None:
    body = b'{"name": "mug", "wrong": 1}'
    headers = [
        (b"Content-Type", b"application/json"),
        (b"X-Powered-By", b"me"),
        (b"Set-Cookie", b"a=b"),
        (b"X-Total", b"many"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body[:4], "more_body": True})
    await send({"type": "http.response.body", "body": body[4:]})


def test_under_a_server() -> None:
    guard = AsgiGuard(_plain, contract(), POLICY, mode="observe")
    asked = b"GET /v1/things HTTP/1.1\r\nHost: a\r\nAccept-Encoding: br\r\nRange: bytes=0-3\r\nConnection: close\r\n\r\n"
    with served(_plain) as bare, served(guard) as port:
        texts = [exchanged(each, asked) for each in (bare, port)]
    without, observed = ([line for line in t.split(b"\r\n") if line[:5] != b"date:"] for t in texts)
    assert observed == without and b"4\r\n" not in observed[0]
    counted = {count.rule: count.times for count in guard.tally.counts()}
    assert counted == {Rule.ANSWER_BODY: 1, Rule.ANSWER_HEADERS: 1}


# What any proxy must do to a message (RFC 9110, 7.6.1; RFC 9112, 6): hop-by-hop headers go, its own framing and connection.
ASKS = (
    b"POST /v1/things HTTP/1.1\r\nHost: api.example.com\r\nContent-Type: application/json\r\nContent-Length: 8\r\n"
    b"Accept-Encoding: br, zstd\r\nRange: bytes=0-3\r\nX-HTTP-Method-Override: PUT\r\nX-Play: cookies\r\n"
    b'Cookie: a=b\r\nTE: trailers\r\nConnection: close\r\n\r\n{"a": 1}'
)


def test_the_proxy(tmp_path: Path) -> None:
    with upstream() as behind:
        chosen = settings(tmp_path, behind.port, options=Options(Mode.OBSERVE))
        with working(chosen) as (port, _):
            answer = exchanged(port, ASKS)
        with socket.create_connection(("127.0.0.1", behind.port)) as link:
            direct = ASKS.replace(b"Connection: close\r\n", b"")
            link.sendall(direct)
            straight = link.recv(65_536)
        through, head = behind.raw[0], direct.partition(b"\r\n\r\n")[0]
    sent = {line.lower() for line in head.split(b"\r\n")} - {b"te: trailers"}
    got = {line.lower() for line in through.partition(b"\r\n\r\n")[0].split(b"\r\n")}
    assert got - sent == {b"x-forwarded-for: 127.0.0.1", b"x-forwarded-proto: http"} and sent <= got
    assert through.endswith(b'{"a": 1}')
    lines = {line.lower() for line in straight.split(b"\r\n")}
    assert {line.lower() for line in answer.split(b"\r\n")} - lines == {b"connection: close"}
    assert lines <= {line.lower() for line in answer.split(b"\r\n")}


@pytest.mark.parametrize("media_type", [b"application/json", b"text/csv"])
def test_required_bodies_are_counted(media_type: bytes) -> None:
    played: Played = ("POST", "/v1/things", [(b"Content-Type", media_type)], [], 201, [], [], False)
    assert _asgi(played, guarded=True) == _asgi(played, guarded=False)

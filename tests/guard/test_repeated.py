"""What is remembered of requests and answers changes no verdict."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from guard_contracts import SHOP, asked, compiled, contract
from hypothesis import given
from hypothesis import strategies as st

from batten.contract.strict_json import strict_json
from batten.facts import Content
from batten.guard import remembered
from batten.guard.asgi import Guard
from batten.guard.decisions import answer, request
from batten.guard.proxy.lines import Lines, Malformed
from batten.guard.proxy.onward import Sections
from batten.guard.proxy.wire import Reader
from batten.guard.remembered import LONGEST_BODY, MOST_BODIES, Proven
from batten.guard.replies.headers import with_header_bytes, with_headers
from batten.guard.requests.heads import Plain
from batten.guard.served import Allow
from batten.guard.verdicts import AnswerHead, Pass, Replace
from batten.policy import Policy

TYPE = (b"content-type", b"application/json")


def test_a_body_is_proven_for_its_schema_alone() -> None:
    guard = compiled()
    things = request(guard, asked("GET", "/v1/things"))
    one = request(guard, asked("GET", "/v1/things/7", ("authorization", "Bearer abc")))
    assert isinstance(things, Allow) and isinstance(one, Allow)
    good, head = b"[]", AnswerHead(200, (TYPE,))
    for _ in range(3):
        assert isinstance(answer(guard, things, head, good), Pass)
        assert isinstance(answer(guard, one, head, good), Replace)


def test_what_was_refused_stays_refused() -> None:
    guard = compiled()
    things = request(guard, asked("GET", "/v1/things"))
    assert isinstance(things, Allow)
    for body in (b'{"secret": 1}', b'{"a": 1, "a": 1}', b"nothing"):
        for _ in range(3):
            assert isinstance(answer(guard, things, AnswerHead(200, (TYPE,)), body), Replace)


def test_no_more_is_kept_than_said() -> None:
    known = Proven()
    for number in range(3 * MOST_BODIES):
        known.add(b"%d" % number, None)
        assert not known.holds(b"%d" % number, None)  # it came once
        known.add(b"%d" % number, None)
        assert len(known._kept) <= MOST_BODIES
    large = b" " * (LONGEST_BODY + 1)
    known.add(large, None)
    known.add(large, None)
    assert not known.holds(large, None) and known.holds(b"%d" % number, None)


@given(
    st.recursive(st.none() | st.integers() | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v))
)
def test_every_way_of_writing_is_read_alike(value: Any) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, separators=(",", ":"))):
        assert strict_json(text.encode()) == value


@pytest.mark.parametrize("text", [b'{"a":1,"a":1}', b'{"a":"","b":{"c":1,"c":1}}', b'[{"":"\\"","":"\\""}]'])
def test_compact_twins(text: bytes) -> None:
    with pytest.raises(ValueError):
        strict_json(text)


def test_a_head_that_comes_again() -> None:
    read = Reader()
    first = b"GET /v1/things HTTP/1.1\r\nHost: a\r\n\r\n"
    other = b"GET /v1/things HTTP/1.1\r\nHost: b\r\n\r\n"
    bad = b"GET /v1/things HTTP/1.1\r\nHost : a\r\n\r\n"
    body = b"POST /v1/things HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"
    asked_first = read.request(first)
    assert read.request(first) is asked_first
    assert read.request(other).fields[b"host"] == b"b"
    for _ in range(2):
        with pytest.raises(Malformed):
            read.request(bad)
    assert read.request(body).body is not read.request(body).body  # each counts its own bytes
    assert read.request(first) == asked_first


SECRET = b"wary-of-core-dumps"


def test_header_lines_are_kept_within_bounds_and_credentials_are_not() -> None:
    known = Lines()
    for number in range(2 * remembered.MOST_KEPT):
        assert known[b"X-Request-Id: %d \t" % number] == (b"x-request-id", b"%d" % number)
        assert len(known) <= remembered.MOST_KEPT
    for line in (
        b"Cookie: s=" + SECRET,
        b"X-Shop-Key: " + SECRET,
        b"authorization:\t" + SECRET,
        b"X: " + b"a" * 300 + SECRET,
    ):
        assert known[line][1].endswith(SECRET)
    for bad in (b"", b"no colon", b" folded: a", b"a : b", b"a: b\rc", b"a: b\nc", b"a: b\0", b"\xe4: b"):
        with pytest.raises(Malformed):
            known[bad]
    assert known.of(b"A: 1\r\nb: 2\r\n") == ((b"a", b"1"), (b"b", b"2")) and known.of(b"") == ()
    assert SECRET not in repr(known).encode()


def test_headers_on_their_way_are_kept_within_bounds_and_credentials_are_not() -> None:
    guard, sections, plain = compiled(), Sections(), Plain()
    allow = request(guard, asked("GET", "/v1/things"))
    assert isinstance(allow, Allow)
    for number in range(2 * remembered.MOST_KEPT):
        pair = (b"x-request-id", b"%d" % number)
        assert sections.section((pair, (b"x-forwarded-for", b"a")), allow) == b"x-request-id: %d\r\n" % number
        assert plain.takes(pair) and pair in plain
    secrets = ((b"authorization", SECRET), (b"cookie", SECRET), (b"accept-encoding", b"br, gzip"))
    sent = sections.section(secrets, allow)
    assert sent == b"authorization: %b\r\ncookie: %b\r\naccept-encoding: gzip\r\n" % (SECRET, SECRET)
    assert all(map(plain.takes, secrets))
    for odd in (
        (b"range", b"bytes=0-"),
        (b"a_b", b""),
        (b"host", b"a b"),
        (b"a", b"\0"),
        (b"content-length", b"1"),
    ):
        assert not plain.takes(odd)
    (written,) = sections._written.values()
    assert len(written) <= remembered.MOST_KEPT and len(plain) <= remembered.MOST_KEPT
    assert SECRET not in repr(written).encode() + repr(plain).encode()


def test_every_way_to_dress_an_answer_is_alike() -> None:
    guard = compiled()
    allow = request(guard, asked("GET", "/v1/things/7", ("authorization", "Bearer abc")))
    assert isinstance(allow, Allow)
    found = guard.header_rules(allow.served, Content.API, allow.tls)
    for extra in (
        (), (TYPE, (b"server", b"x/1")), ((b"cache-control", b"max-age=9"),), ((b"vary", b"Accept"),), ((b"vary", b"Origin"),),
        ((b"set-cookie", b"s=" + SECRET),), ((b"x-frame-options", b"DENY"),), ((b"x-frame-options", b"ALLOWALL"),),
        ((b"access-control-allow-origin", b"*"),), ((b"content-length", b"9"),),
    ):  # fmt: skip
        headers = ((b"date", b"now"), *extra)
        for length in (None, 5):
            pairs = with_headers(guard, allow, headers, Content.API, length)
            written = b"".join([b"%b: %b\r\n" % pair for pair in pairs])
            for _ in range(2):
                assert with_header_bytes(guard, allow, headers, Content.API, length) == written
    for number in range(2 * remembered.MOST_KEPT):
        with_header_bytes(guard, allow, ((b"etag", b"%d" % number),), Content.API, 5)
    assert len(found.lines) <= remembered.MOST_KEPT and SECRET not in repr(found.lines).encode()


def _told(guard: Guard, *headers: tuple[bytes, bytes]) -> dict[bytes, list[bytes]]:
    """The headers of an answer of the guard's application."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/v1/things", "raw_path": b"/v1/things", "query_string": b"",
             "scheme": "http", "http_version": "1.1", "headers": list(headers)}  # fmt: skip
    asyncio.run(guard(scope, receive, send))
    found: dict[bytes, list[bytes]] = {}
    for name, value in sent[0]["headers"]:
        found.setdefault(name, []).append(value)
    return found


def test_answers_alike_but_for_who_asks_or_what_they_say() -> None:
    said: dict[str, Any] = {"headers": [TYPE], "status": 200, "body": b"[]"}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": said["status"], "headers": said["headers"]})
        await send({"type": "http.response.body", "body": said["body"]})

    guard = Guard(app, contract(), Policy(origins=(SHOP,)))
    plain = _told(guard)
    assert _told(guard) == plain and b"access-control-allow-origin" not in plain
    assert _told(guard, (b"origin", SHOP.encode()))[b"access-control-allow-origin"] == [SHOP.encode()]
    assert _told(guard) == plain
    said["headers"] = [(b"Content-Type", b"application/json"), (b"Server", b"x")]
    assert _told(guard) == plain
    said["body"] = b"[ ]"
    assert _told(guard)[b"content-length"] == [b"3"]
    for session in (b"sid=1", b"sid=2"):
        said["headers"] = [TYPE, (b"set-cookie", session)]
        assert _told(guard)[b"set-cookie"][0].startswith(session)
    assert not any(
        name == b"set-cookie" for look in guard.compiled.rendered.values() for name, _ in look.given
    )
    assert _told(guard, (b"authorization", SECRET), (b"cookie", SECRET))[b"content-type"] == [TYPE[1]]
    kept = repr(guard._again).encode()
    assert b"/v1/things" in kept and SECRET not in kept
    said["headers"] = [TYPE]
    said["status"] = 299
    assert _told(guard)[b"content-type"] == [b"application/problem+json"]

"""Any bytes: what reaches the upstream is read alike by h11 and llhttp, or nothing reaches it."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from cases.case import GOOD_THING, HOST
from guard_proxies import settings, working
from guard_readings import requests_by_h11, requests_by_llhttp
from guard_upstream import Upstream, upstream
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from batten.guard.options import Mode, Options
from waiting import BOUND


@pytest.fixture(scope="module", params=["enforce", "observe"])
def pair(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[int, Upstream]]:
    with upstream() as behind:
        chosen = settings(tmp_path_factory.mktemp("bytes"), behind.port, options=Options(Mode(request.param)))
        with working(chosen) as (port, _):
            yield port, behind


def _sampled(*texts: str) -> st.SearchStrategy[bytes]:
    return st.sampled_from([text.encode("latin-1") for text in texts])


VERB = _sampled(
    "GET", "GET", "POST", "PUT", "HEAD", "OPTIONS", "CONNECT", "get", "G ET", "", "PRI", "FOO", "QUERY"
)
TARGET = _sampled(
    "/v1/things",
    "/v1/things",
    "/v1/things/7",
    "/v1/things?a=b c",
    "/v1/../x",
    "*",
    "http://a/",
    "//a",
    "/a#b",
    "/\x80",
    "/a\tb",
    "/",
)
VERSION = _sampled("HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/1.1 ", "http/1.1", "")
NAME = _sampled("Host", "Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "Expect", "Content-Type", "X-A", "X_A", "Trailer", "TE",
                "Transfer-Encoding ", " X", "", "Content\0Length", "Authorization", "X-HTTP-Method-Override", "Content_Length")  # fmt: skip
VALUE = _sampled(HOST, "0", "5", "14", "+5", "5,5", "chunked", "Chunked", "identity", "chunked, chunked", "close", "keep-alive", "content-length",
                 "100-continue", "h2c", "application/json", "text/csv", "a\r\n b", "a\rb", "a\nb", "\0", "", "Bearer a", "\xff", "upgrade", "x" * 200)  # fmt: skip
LINE_END = _sampled("\r\n", "\r\n", "\r\n", "\r\n", "\n", "\r", "\r\r\n", "", "\r\n ")
CHUNK = st.tuples(
    _sampled("5", "05", "0", "e", "E", "0x5", "-1", "5;a", "5 ", "ffffffffffffffff", "", "5;\n"), LINE_END,
    _sampled("hello", GOOD_THING.decode(), "", "hell"), LINE_END,
).map(b"".join)  # fmt: skip
FIELD = st.tuples(NAME, _sampled(": ", ":", " : ", ":\t", ""), VALUE, LINE_END).map(b"".join)
GOOD_FIELDS = st.lists(
    _sampled(f"Host: {HOST}\r\n", "Content-Type: text/csv\r\n", "Authorization: Bearer a\r\n"),
    max_size=3,
    unique=True,
).map(b"".join)
FRAMED = st.one_of(
    st.binary(max_size=20).map(lambda body: b"Content-Length: %d\r\n\r\n%b" % (len(body), body)),
    st.lists(CHUNK, max_size=4).map(lambda chunks: b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(chunks) + b"0\r\n\r\n"),
    st.just(b"\r\n"),
)  # fmt: skip
WILD = st.tuples(VERB, _sampled(" ", " ", " ", "\t", "  "), TARGET, _sampled(" ", " ", ""), VERSION, LINE_END,
                 st.lists(FIELD, max_size=5).map(b"".join), LINE_END, st.binary(max_size=20)).map(b"".join)  # fmt: skip
TAME = st.tuples(_sampled("GET", "PUT", "POST", "DELETE"), st.just(b" "), _sampled("/v1/things", "/v1/things/7", "/v1/x"), st.just(b" HTTP/1.1\r\n"),
                 st.just(f"Host: {HOST}\r\n".encode()), GOOD_FIELDS.filter(lambda f: b"Host" not in f), st.lists(FIELD, max_size=1).map(b"".join), FRAMED).map(b"".join)  # fmt: skip
MESSAGES = st.one_of(
    st.binary(max_size=300), st.lists(st.one_of(WILD, TAME, TAME), min_size=1, max_size=3).map(b"".join)
)


def _swapped(data: bytes, at: int, byte: int) -> bytes:
    at %= max(len(data), 1)
    return data[:at] + bytes((byte,)) + data[at + 1 :]


SPOILED = st.builds(_swapped, MESSAGES, st.integers(0, 400), st.integers(0, 255))


@given(st.one_of(MESSAGES, SPOILED), st.integers(0, 400))
@examples(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_sent(pair: tuple[int, Upstream], sent: bytes, split: int) -> None:
    port, behind = pair
    behind.forget()
    _send(port, sent[:split], sent[split:])
    assert not behind.unread
    for raw in behind.raw:
        assert requests_by_h11(raw) == requests_by_llhttp(raw)


def _send(port: int, *parts: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=BOUND) as link:
        try:
            for part in parts:
                link.sendall(part)
            link.shutdown(socket.SHUT_WR)
            while link.recv(65_536):
                pass
        except (ConnectionError, BrokenPipeError):
            pass

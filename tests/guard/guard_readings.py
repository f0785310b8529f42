"""Requests and answers as two independent readers take them: h11, and llhttp in its strict mode."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import h11
import httptools

Pairs = tuple[tuple[bytes, bytes], ...]


class ReadRequest(NamedTuple):
    method: bytes
    target: bytes
    headers: Pairs
    body: bytes


class ReadAnswer(NamedTuple):
    """`whole` is false where the bytes end before the body does."""

    status: int
    headers: Pairs
    body: bytes
    whole: bool = True


class _Messages:
    """What llhttp tells of, message by message."""

    def __init__(self) -> None:
        self.parser: Any = None
        self.found: list[tuple[bytes, Pairs, bytes]] = []
        self._begin()

    def _begin(self) -> None:
        self.url = self.body = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.begun = False

    def on_message_begin(self) -> None:
        self._begin()
        self.begun = True

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_message_complete(self) -> None:
        self.found.append((self.url, tuple(self.headers), self.body))
        self.begun = False


class _Requests(_Messages):
    def __init__(self) -> None:
        super().__init__()
        self.methods: list[bytes] = []

    def on_headers_complete(self) -> None:
        self.methods.append(self.parser.get_method())


def requests_by_h11(raw: bytes) -> list[ReadRequest]:
    """The whole ones; what breaks off at the end is left out. Raises h11.RemoteProtocolError."""
    found: list[ReadRequest] = []
    while raw:
        reader = h11.Connection(h11.SERVER, max_incomplete_event_size=200_000)
        reader.receive_data(raw)
        request, body = reader.next_event(), []
        if not isinstance(request, h11.Request):
            break
        while isinstance(event := reader.next_event(), h11.Data):
            body.append(bytes(event.data))
        if not isinstance(event, h11.EndOfMessage):
            break
        found.append(ReadRequest(request.method, request.target, tuple(request.headers), b"".join(body)))
        raw = reader.trailing_data[0]
    return found


def requests_by_llhttp(raw: bytes) -> list[ReadRequest]:
    """As `requests_by_h11`. Raises httptools.HttpParserError."""
    messages = _Requests()
    messages.parser = httptools.HttpRequestParser(messages)
    if raw:
        messages.parser.feed_data(raw)
    return [ReadRequest(m, *told) for m, told in zip(messages.methods, messages.found, strict=False)]


def answers_by_h11(raw: bytes, methods: Sequence[bytes]) -> list[ReadAnswer]:
    """The final answers to requests of these methods; the last may break off. Raises h11.RemoteProtocolError."""
    found: list[ReadAnswer] = []
    for method in methods:
        if not raw:
            break
        answer, raw = _answer_by_h11(raw, method)
        if answer is None:
            break
        found.append(answer)
    if raw and len(found) == len(methods):
        raise h11.RemoteProtocolError(f"bytes after the last answer: {raw[:80]!r}")
    return found


def _answer_by_h11(raw: bytes, method: bytes) -> tuple[ReadAnswer | None, bytes]:
    reader = h11.Connection(h11.CLIENT, max_incomplete_event_size=200_000)
    reader.send(h11.Request(method=method, target=b"/", headers=[(b"host", b"a")]))
    reader.send(h11.EndOfMessage())
    reader.receive_data(raw)
    answer, body = reader.next_event(), []
    while isinstance(answer, h11.InformationalResponse):
        answer = reader.next_event()
    if not isinstance(answer, h11.Response):
        return None, raw
    while isinstance(event := reader.next_event(), h11.Data):
        body.append(bytes(event.data))
    whole = isinstance(event, h11.EndOfMessage)
    read = ReadAnswer(answer.status_code, tuple(answer.headers), b"".join(body), whole)
    return read, reader.trailing_data[0] if whole else b""


class _Answers(_Messages):
    def __init__(self) -> None:
        super().__init__()
        self.statuses: list[int] = []

    def on_headers_complete(self) -> None:
        self.statuses.append(self.parser.get_status_code())


def answers_by_llhttp(raw: bytes, methods: Sequence[bytes]) -> list[ReadAnswer]:
    """As `answers_by_h11`; llhttp is not told of HEAD, so such an answer's end is shown to it. Raises
    httptools.HttpParserError."""
    found: list[ReadAnswer] = []
    rest = raw
    for method in methods:
        if not rest:
            break
        answer, rest = _answer_by_llhttp(rest, method)
        if answer is None:
            break
        found.append(answer)
    return found


def _answer_by_llhttp(raw: bytes, method: bytes) -> tuple[ReadAnswer | None, bytes]:
    """Fed head by head and piece by piece, for it says how many messages it saw, and not where they ended."""
    messages = _Answers()
    messages.parser = httptools.HttpResponseParser(messages)
    at = 0
    while True:
        end = raw.find(b"\r\n\r\n", at)
        if end < 0:
            return None, raw
        messages.parser.feed_data(raw[at : end + 4])
        at = end + 4
        if messages.statuses[-1] >= 200:
            break
    status, headers = messages.statuses[-1], tuple(messages.headers)
    if method == b"HEAD":
        return ReadAnswer(status, headers, b""), raw[at:]
    finals = len(messages.statuses)
    while len(messages.found) < finals:
        if at >= len(raw):
            return ReadAnswer(status, headers, messages.body, False), b""
        step = _step(raw, at, headers)
        messages.parser.feed_data(raw[at : at + step])
        at += step
    return ReadAnswer(status, headers, messages.found[-1][2]), raw[at:]


def _step(raw: bytes, at: int, headers: Pairs) -> int:
    """How much can be shown to a parser without running over the body's end."""
    length = next((value for name, value in headers if name == b"content-length"), b"")
    if length.isdigit():
        return max(int(length), 1)
    line = raw.find(b"\n", at)
    return line + 1 - at if line >= 0 else len(raw) - at

"""Heads of HTTP/1.1 answers as they stand on the wire: read in one way, or not at all (RFC 9110, RFC 9112)."""

from __future__ import annotations

import re
from typing import NamedTuple

from batten.guard.proxy.framing import Chunked, Counted, Framing, UntilClose
from batten.guard.proxy.lines import Lines, Malformed
from batten.guard.proxy.wire import HOP, OPTIONS, words
from batten.guard.verdicts import Headers

MOST_KEPT = 256  # heads
LONGEST_KEPT = 1_024  # bytes of one
_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9]{2})(?: [^\x00-\x08\x0a-\x1f\x7f]*)?")
_LENGTHS = (b"content-length", b"transfer-encoding")


class Told(NamedTuple):
    """An answer's head, without what concerns the connection alone."""

    status: int
    headers: Headers
    body: Framing | None
    length: int | None
    persists: bool
    worn: dict[tuple[object, ...], bytes]  # what was made of the headers before


def answer(head: bytes, method: str, lines: Lines) -> Told:
    """An answer's head. Raises Malformed."""
    end = head.find(b"\r\n")
    line = _STATUS.fullmatch(head, 0, end)
    if line is None:
        raise Malformed("the status line is invalid")
    headers = lines.of(head[end + 2 : -2])
    fields = dict(headers)
    if len(fields) != len(headers):
        names = [name for name, _ in headers]
        if any(names.count(name) > 1 for name in _LENGTHS):
            raise Malformed("the body's length is given twice")
        if names.count(b"content-type") > 1:
            raise Malformed("the media type is given twice")
    kept = [pair for pair in headers if pair[0] not in HOP]
    status = int(line[2])
    persists = line[1] == b"1"
    if fields.get(b"connection", b"keep-alive") != b"keep-alive":
        options = words(headers, b"connection")
        persists = persists and b"close" not in options
        named = {word for word in options if not word.startswith(b"content-")}
        if not named <= OPTIONS:
            kept = [pair for pair in kept if pair[0] not in named]
    body, length = _length(fields, status, method, line[1] == b"1")
    if type(body) is UntilClose:
        persists = False
    return Told(status, tuple(kept), body, length, persists, {})


class Answers:
    """Answer heads that were read before: those of a resource that is asked for often are alike for a second.
    Cookies are not kept."""

    __slots__ = ("_known", "_lines")

    def __init__(self) -> None:
        self._lines = Lines()
        self._known: dict[bytes, Told] = {}

    def read(self, head: bytes, method: str) -> Told:
        """Raises Malformed."""
        if method == "HEAD":
            return answer(head, method, self._lines)
        known = self._known.get(head)
        if known is not None:
            assert known.length is not None
            return Told(
                known.status, known.headers, Counted(known.length), known.length, known.persists, known.worn
            )
        told = answer(head, method, self._lines)
        if type(told.body) is Counted and len(head) <= LONGEST_KEPT and b"set-cookie" not in head.lower():
            if len(self._known) >= MOST_KEPT:
                self._known.clear()
            self._known[head] = told
        return told


def _length(
    fields: dict[bytes, bytes], status: int, method: str, chunks: bool
) -> tuple[Framing | None, int | None]:
    """RFC 9112, 6.3; `length` is what is told of a body that does not come, too."""
    coding, told = fields.get(b"transfer-encoding"), fields.get(b"content-length")
    length = None
    if told is not None:
        if not (told.isdigit() and len(told) < 19):
            raise Malformed("the Content-Length is not a number")
        length = int(told)
    if coding is not None and (told is not None or coding.lower() != b"chunked" or not chunks):
        raise Malformed("the body's length is given twice, or its transfer coding is not supported")
    if method == "HEAD" or status < 200 or status in (204, 304):
        return None, length
    if coding is not None:
        return Chunked(), None
    if length is None:
        return UntilClose(), None
    return (Counted(length) if length else None), length

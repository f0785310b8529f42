"""Heads of HTTP/1.1 requests as they stand on the wire: read in one way, or not at all (RFC 9110, RFC 9112).

The grammar here is narrower than the RFCs'; llhttp, in its strict mode, reads every request's head as
well, and a head that either refuses is refused. Nothing is repaired.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import httptools

from batten.guard.answers.problems import phrase
from batten.guard.options import Limits
from batten.guard.proxy.framing import Chunked, Counted, Framing
from batten.guard.proxy.lines import Lines, Malformed
from batten.guard.requests.heads import is_touched
from batten.guard.verdicts import Headers

END = b"\r\n\r\n"
_LINE = re.compile(rb"([A-Z][A-Z0-9_-]{0,31}) (/[\x21-\x7e]*) HTTP/1\.([01])")
_TORN = re.compile(rb"(?<!\r)\n|\r(?=[^\n])|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_HOST = re.compile(rb"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_ONCE = (b"host", b"content-length", b"transfer-encoding", b"content-type", b"authorization", b"origin",
         b"content-encoding", b"expect")  # fmt: skip
# What an intermediary takes for itself (RFC 9110, 7.6.1). A Connection header that names anything else
# would take a header away that was judged.
HOP = frozenset((b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"upgrade",
                 b"http2-settings", b"proxy-authorization", b"proxy-authenticate", b"transfer-encoding",
                 b"content-length", b"expect"))  # fmt: skip
OPTIONS = HOP | {b"close", b"", b"trailers"}


STATUS_LINES = {status: f"HTTP/1.1 {status} {phrase(status)}\r\n".encode() for status in range(100, 600)}


def written(headers: Headers) -> bytes:
    return b"".join([b"%b: %b\r\n" % pair for pair in headers])


class Asked(NamedTuple):
    """A request's head. Names are in lower case; `body` is None where none follows."""

    method: str
    raw_path: bytes
    query: bytes
    headers: Headers
    fields: dict[bytes, bytes]
    untouched: bool  # nothing is to be done about a header
    body: Framing | None
    persists: bool  # another request may follow
    is_old: bool  # HTTP/1.0: no chunks, no interim answers
    awaits_continue: bool

    def is_clean(self, limits: Limits, weight: int) -> bool:
        """Whether no limit is near, and nothing is to be done about a header. `weight` is the head's, in bytes."""
        return (
            self.untouched
            and weight < limits.target
            and weight < limits.head
            and len(self.headers) <= limits.headers
            and b"#" not in self.query
        )


class _Second:
    """llhttp reads the heads of a connection as well. `begun` and `ended` are its messages."""

    __slots__ = ("_parser", "begun", "ended")

    def __init__(self) -> None:
        self.begun = self.ended = 0
        self._parser = httptools.HttpRequestParser(self)

    def on_headers_complete(self) -> None:
        self.begun += 1

    def on_message_complete(self) -> None:
        self.ended += 1

    def agrees(self, head: bytes, method: bytes, has_body: bool) -> bool:
        begun, ended = self.begun, self.ended
        try:
            self._parser.feed_data(head)
        except httptools.HttpParserUpgrade:
            has_body = True  # it is asked for, and not granted; llhttp reads no more
        except httptools.HttpParserError:
            return False
        fits = self.begun == begun + 1 and self._parser.get_method() == method
        fits = fits and (has_body or self.ended == ended + 1)
        if has_body:  # the body is read here, so that one starts afresh
            self._parser = httptools.HttpRequestParser(self)
        return fits


class Reader:
    """Reads the request heads of one connection. A client that asks the same again, or says the same of
    itself with each request, is read once: `_head` is the last head and `_block` its header section."""

    __slots__ = ("_asked", "_block", "_framed", "_head", "_lines", "_read", "_second")

    def __init__(self, lines: Lines | None = None) -> None:
        """`lines` are those that other connections brought."""
        self._lines = Lines() if lines is None else lines
        self._head = b""  # of a request without a body
        self._asked: Asked | None = None  # what was made of it
        self._block: bytes | None = None
        self._second = _Second()
        self._read: tuple[Headers, dict[bytes, bytes], bool] = ((), {}, False)
        self._framed: tuple[Framing | None, bool, bool] = (None, True, False)

    def request(self, head: bytes, http10: bool = False) -> Asked:
        """`head` ends in an empty line; equal heads one after the other give the same object, where no body
        follows. Raises Malformed."""
        if head == self._head and self._asked is not None:
            return self._asked
        end = head.find(b"\r\n")
        line = _LINE.fullmatch(head, 0, end)
        if line is None:
            raise Malformed("the request line is ambiguous")
        method, target, minor = line.groups()
        if method == b"CONNECT":
            raise Malformed("this server is not a tunnel")
        is_old = minor == b"0"
        if is_old and not http10:
            raise Malformed("HTTP/1.0 is not supported")
        block = head[end + 2 : -2]
        if not (block == self._block and self._framed[0] is None):
            read_headers = self._lines.of(block)
            read_fields = dict(read_headers)
            self._framed = _framed(read_headers, read_fields)
            self._read = read_headers, read_fields, self._framed[0] is None and not is_touched(read_fields)
            self._block = block
        headers, fields, untouched = self._read
        body, persists, waits = self._framed
        if not self._second.agrees(head, method, body is not None):
            raise Malformed("llhttp parses it differently, or not at all")
        raw_path, _, query = target.partition(b"?")
        if is_old:
            if type(body) is Chunked:
                raise Malformed("HTTP/1.0 has no chunked coding")
            persists = waits = False
        asked = Asked(
            method.decode(), raw_path, query, headers, fields, untouched, body, persists, is_old, waits
        )
        if body is None:
            self._head, self._asked = head, asked
        return asked


def _framed(headers: Headers, fields: dict[bytes, bytes]) -> tuple[Framing | None, bool, bool]:
    """The request's body, whether the connection persists, and whether 100 (Continue) is awaited."""
    if len(fields) != len(headers):
        names = [name for name, _ in headers]
        if any(names.count(name) > 1 for name in _ONCE):
            raise Malformed("a header that must be unique is repeated")
    host = fields.get(b"host")
    if host is None or not _HOST.fullmatch(host):
        raise Malformed("the Host header is not a host name")
    persists = True
    if fields.get(b"connection", b"keep-alive") != b"keep-alive":
        options = words(headers, b"connection")
        if not options <= OPTIONS:
            raise Malformed("the Connection header names a validated header")
        persists = b"close" not in options
    waits = False
    if b"expect" in fields:
        if fields[b"expect"].lower() != b"100-continue":
            raise Malformed("the expectation is not supported", 417)
        waits = True
    return _length(fields), persists, waits


def words(headers: Headers, wanted: bytes) -> set[bytes]:
    """Of all lists under one name."""
    return {w.strip().lower() for name, value in headers if name == wanted for w in value.split(b",")}


def _length(fields: dict[bytes, bytes]) -> Framing | None:
    coding, length = fields.get(b"transfer-encoding"), fields.get(b"content-length")
    if coding is not None:
        if length is not None:
            raise Malformed("the body's length is given twice")
        if coding.lower() != b"chunked":
            raise Malformed("the transfer coding is not supported", 501)
        return Chunked()
    if length is None:
        return None
    if not (length.isdigit() and len(length) < 19):
        raise Malformed("the Content-Length is not a number")
    return Counted(int(length)) if int(length) else None


def is_torn_answer(beginning: bytes) -> bool:
    return _TORN.search(beginning) is not None


def is_torn(beginning: bytes, seen: int = 0) -> bool:
    """Whether the beginning of a head can no longer become one: a line end without CR, a control character,
    or a first line that is none. So far `seen` of its bytes could."""
    if _TORN.search(beginning, max(seen - 1, 0)):
        return True
    end = beginning.find(b"\r\n")
    return end >= seen - 1 and end >= 0 and _LINE.fullmatch(beginning, 0, end) is None

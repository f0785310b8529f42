"""HTTP/1.1 heads as they stand on the wire: read in one way, or not at all (RFC 9110, RFC 9112).

The grammar here is narrower than the RFCs'; llhttp, in its strict mode, reads every request's head as
well, and a head that either refuses is refused. Nothing is repaired.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import httptools

from batten.guard.decisions import is_touched
from batten.guard.options import Limits
from batten.guard.problems import phrase
from batten.guard.proxy.framing import Chunked, Counted, Framing, UntilClose
from batten.guard.verdicts import Headers

MOST_KEPT = 256  # answer heads
LONGEST_KEPT = 1_024  # bytes of one
END = b"\r\n\r\n"
MOST_LINE = 9_000  # bytes of a request line
_LINE = re.compile(rb"([A-Z][A-Z0-9_-]{0,31}) (/[\x21-\x7e]*) HTTP/1\.([01])")
_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2})(?: [^\x00-\x08\x0a-\x1f\x7f]*)?")
_NAME = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"
_FIELD = re.compile(rb"(?:\A|(?<=\r\n))(" + _NAME + rb"):[ \t]*+([^\x00-\x08\x0a-\x1f\x7f]*+)\r\n")
_TORN = re.compile(rb"(?<!\r)\n|\r(?=[^\n])|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_HOST = re.compile(rb"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_ONCE = (b"host", b"content-length", b"transfer-encoding", b"content-type", b"authorization", b"origin",
         b"content-encoding", b"expect")  # fmt: skip
# What an intermediary takes for itself (RFC 9110, 7.6.1). A Connection header that names anything else
# would take a header away that was judged.
HOP = frozenset((b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"upgrade",
                 b"http2-settings", b"proxy-authorization", b"proxy-authenticate", b"transfer-encoding",
                 b"content-length", b"expect"))  # fmt: skip
_LENGTHS = (b"content-length", b"transfer-encoding")
_BLANK = (b" ", b"\t")
_OPTIONS = HOP | {b"close", b"", b"trailers"}


class Malformed(Exception):
    """Bytes that two readers may read as two messages. `status` is what the sender is told."""

    def __init__(self, why: str, status: int = 400) -> None:
        super().__init__(why)
        self.status = status


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


class Told(NamedTuple):
    """An answer's head, without what concerns the connection alone."""

    status: int
    headers: Headers
    body: Framing | None
    length: int | None
    persists: bool
    worn: dict[tuple[object, ...], bytes]  # what was made of the headers before


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

    __slots__ = ("_asked", "_block", "_framed", "_head", "_read", "_second")

    def __init__(self) -> None:
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
            raise Malformed("the request line is not read by everybody alike")
        method, target, minor = line.groups()
        if method == b"CONNECT":
            raise Malformed("this is no tunnel")
        is_old = minor == b"0"
        if is_old and not http10:
            raise Malformed("HTTP/1.0 is not spoken here")
        block = head[end + 2 : -2]
        if block != self._block or self._framed[0] is not None:
            headers, fields = read_fields(block)
            self._framed = _framed(headers, fields)
            self._read = headers, fields, self._framed[0] is None and not is_touched(fields)
            self._block = block
        if not self._second.agrees(head, method, self._framed[0] is not None):
            raise Malformed("llhttp reads another request, or none")
        headers, fields, untouched = self._read
        body, persists, waits = self._framed
        raw_path, _, query = target.partition(b"?")
        if is_old:
            if type(body) is Chunked:
                raise Malformed("HTTP/1.0 has no chunks")
            persists = waits = False
        asked = Asked(
            method.decode(), raw_path, query, headers, fields, untouched, body, persists, is_old, waits
        )
        if body is None:
            self._head, self._asked = head, asked
        return asked


def read_fields(block: bytes) -> tuple[Headers, dict[bytes, bytes]]:
    """A header or trailer section, each of its lines with its end; the last of equal names wins in the
    dictionary. Raises Malformed."""
    found = _FIELD.findall(block)
    if len(found) != block.count(b"\n"):
        raise Malformed("a header line is not read by everybody alike")
    if b" \r\n" in block or b"\t\r\n" in block:
        headers = tuple([(name.lower(), value.rstrip(b" \t")) for name, value in found])
    else:
        headers = tuple([(name.lower(), value) for name, value in found])
    return headers, dict(headers)


def _framed(headers: Headers, fields: dict[bytes, bytes]) -> tuple[Framing | None, bool, bool]:
    """The request's body, whether the connection persists, and whether 100 (Continue) is awaited."""
    if len(fields) != len(headers):
        _no_twins(headers)
    host = fields.get(b"host")
    if host is None or not _HOST.fullmatch(host):
        raise Malformed("the Host header names no host")
    persists = True
    if b"connection" in fields:
        words = _words(headers, b"connection")
        if not words <= _OPTIONS:
            raise Malformed("the Connection header names a header that was judged")
        persists = b"close" not in words
    waits = False
    if b"expect" in fields:
        if fields[b"expect"].lower() != b"100-continue":
            raise Malformed("the expectation is not known here", 417)
        waits = True
    return _length(fields), persists, waits


def _no_twins(headers: Headers) -> None:
    names = [name for name, _ in headers]
    if any(names.count(name) > 1 for name in _ONCE):
        raise Malformed("a header that may stand once stands twice")


def _words(headers: Headers, wanted: bytes) -> set[bytes]:
    return {w.strip().lower() for name, value in headers if name == wanted for w in value.split(b",")}


def _length(fields: dict[bytes, bytes]) -> Framing | None:
    coding, length = fields.get(b"transfer-encoding"), fields.get(b"content-length")
    if coding is not None:
        if length is not None:
            raise Malformed("the body's length is told twice")
        if coding.lower() != b"chunked":
            raise Malformed("the transfer coding is not known here", 501)
        return Chunked()
    if length is None:
        return None
    if not (length.isdigit() and len(length) < 19):
        raise Malformed("the Content-Length is no number")
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


def answer(head: bytes, method: str) -> Told:
    """An answer's head. Raises Malformed."""
    end = head.find(b"\r\n")
    line = _STATUS.fullmatch(head, 0, end)
    if line is None:
        raise Malformed("the status line is none")
    kept, concerned = _sorted_out(head[end + 2 : -2])
    status = int(line[2])
    persists = line[1] == b"1"
    if b"connection" in concerned:
        words = {word.strip().lower() for word in concerned[b"connection"].split(b",")}
        persists = persists and b"close" not in words
        named = {word for word in words if not word.startswith(b"content-")}
        if not named <= _OPTIONS:
            kept = [pair for pair in kept if pair[0] not in named]
    body, length = _answer_length(concerned, status, method, line[1] == b"1")
    if type(body) is UntilClose:
        persists = False
    return Told(status, tuple(kept), body, length, persists, {})


class Answers:
    """Answer heads that were read before: those of a resource that is asked for often are alike for a second.
    Cookies are not kept."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[bytes, Told] = {}

    def read(self, head: bytes, method: str) -> Told:
        """Raises Malformed."""
        if method == "HEAD":
            return answer(head, method)
        known = self._known.get(head)
        if known is not None:
            assert known.length is not None
            return Told(
                known.status, known.headers, Counted(known.length), known.length, known.persists, known.worn
            )
        told = answer(head, method)
        if type(told.body) is Counted and len(head) <= LONGEST_KEPT and b"set-cookie" not in head.lower():
            if len(self._known) >= MOST_KEPT:
                self._known.clear()
            self._known[head] = told
        return told


def _sorted_out(block: bytes) -> tuple[list[tuple[bytes, bytes]], dict[bytes, bytes]]:
    """An answer's headers that go on, and those that concern the connection."""
    found = _FIELD.findall(block)
    if len(found) != block.count(b"\n"):
        raise Malformed("a header line is not read by everybody alike")
    kept: list[tuple[bytes, bytes]] = []
    concerned: dict[bytes, bytes] = {}
    typed = False
    for name, value in found:
        name = name.lower()
        if value[-1:] in _BLANK:
            value = value.rstrip(b" \t")
        if name in HOP:
            if name == b"connection" and name in concerned:
                value = concerned[name] + b"," + value
            elif name in _LENGTHS and name in concerned:
                raise Malformed("the body's length is told twice")
            concerned[name] = value
            continue
        if name == b"content-type":
            if typed:
                raise Malformed("the media type is told twice")
            typed = True
        kept.append((name, value))
    return kept, concerned


def _answer_length(
    fields: dict[bytes, bytes], status: int, method: str, chunks: bool
) -> tuple[Framing | None, int | None]:
    """RFC 9112, 6.3; `length` is what is told of a body that does not come, too."""
    coding, told = fields.get(b"transfer-encoding"), fields.get(b"content-length")
    length = None
    if told is not None:
        if not (told.isdigit() and len(told) < 19):
            raise Malformed("the Content-Length is no number")
        length = int(told)
    if coding is not None and (told is not None or coding.lower() != b"chunked" or not chunks):
        raise Malformed("the body's length is told twice, or in a coding that is not known here")
    if method == "HEAD" or status < 200 or status in (204, 304):
        return None, length
    if coding is not None:
        return Chunked(), None
    if length is None:
        return UntilClose(), None
    return (Counted(length) if length else None), length

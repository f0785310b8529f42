"""What is wrong with a request's header section, before the contract is consulted (RFC 9110, 9112, 3986)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote_to_bytes

from batten.guard.options import Limits, Rule
from batten.guard.remembered import LONGEST_KEPT, Remembered
from batten.guard.senders.hosts import Hosts
from batten.guard.senders.named import KINDS
from batten.guard.verdicts import Head, Refuse

# Segments are never empty, never dots (alone or before `;`), and hold what RFC 3986 allows. An escape
# of a letter, a slash, a backslash, a control or of another escape is what two readers read as two.
_SEGMENT = (
    rb"/(?!(?:\.|%2[Ee]){1,2}(?:/|;|%3[Bb]|\Z))"
    rb"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]++"
    rb"|%(?!2[DdEeFf]|3[0-9]|4[1-9A-Fa-f]|5[0-9AaCcFf]|6[1-9A-Fa-f]|7[0-9AaEeFf]|[01]|25[0-9A-Fa-f]{2})"
    rb"[0-9A-Fa-f]{2})++"
)
_PATH = re.compile(rb"(?:(?:" + _SEGMENT + rb")++/?|/)\Z")
_BARE = re.compile(rb"(?:/(?!\.{1,2}(?:[/;]|\Z))[A-Za-z0-9\-._~!$&'()*+,;=:@]++)++/?+\Z")  # without escapes
_HIGH = re.compile(rb"%[89A-Fa-f]")
_BAD_QUERY = re.compile(rb"[\x00-\x20\x7f-\xff#]")
_BAD_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+")  # in upper case it would be another one here
_METHOD = re.compile(r"[A-Z][A-Z0-9_-]{0,31}")
_HOST = re.compile(rb"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
RANGES = frozenset((b"range", b"if-range"))
_TOUCHED = RANGES | {b"origin"}  # something is to be done about these
_FRAMING = frozenset((b"content-length", b"transfer-encoding"))
SINGLE = (b"host", b"content-length", b"content-type", b"transfer-encoding", b"authorization", b"origin",
          b"content-encoding", b"access-control-request-method")  # fmt: skip


def is_plain(raw_path: bytes) -> bool:
    """Whether every reader splits and decodes the path alike."""
    if _BARE.match(raw_path) is not None:
        return True
    if _PATH.match(raw_path) is None:
        return False
    if not _HIGH.search(raw_path):
        return True
    try:
        unquote_to_bytes(raw_path).decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


class Touched(Remembered[bytes, bool]):
    """Whether something must be done about a header of a name. Clients choose the names, so what is kept has an end."""

    __slots__ = ()

    def __missing__(self, name: bytes) -> bool:
        touched = name in _TOUCHED or b"_" in name or KINDS[name] is not None or not _NAME.fullmatch(name)
        self.keep(name, touched, b"", len(name))
        return touched


_TOUCHED_NAMES = Touched()


def is_touched(fields: Mapping[bytes, bytes]) -> bool:
    """Whether there is a header that something must be done about."""
    return any(map(_TOUCHED_NAMES.__getitem__, fields))


class Plain(Remembered[tuple[bytes, bytes], bool]):
    """Headers to which there is no objection for themselves, about which nothing is to be done, and which tell of no
    body. A Host is one of the listed where there is a list."""

    __slots__ = ("hosts",)

    def __init__(self, hosts: Hosts | None = None) -> None:
        super().__init__()
        self.hosts = hosts

    def takes(self, pair: tuple[bytes, bytes]) -> bool:
        """Whether a header that is not kept is one of them."""
        name, value = pair
        if _TOUCHED_NAMES[name] or name in _FRAMING or _BAD_VALUE.search(value):
            return False
        if name == b"host" and not (self.hosts[value] if self.hosts is not None else _HOST.fullmatch(value)):
            return False
        self.keep(pair, True, name, len(name) + len(value))
        return True


def is_clean(limits: Limits, head: Head, fields: Mapping[bytes, bytes], plain: Plain) -> bool:
    """Whether there is no objection to what is not the path, and nothing to be done about a header. False says
    nothing: ask for the objections."""
    _, raw_path, query, headers, *_ = head
    number = len(headers)
    most = number * LONGEST_KEPT  # bytes; those that are kept are no longer
    for pair in headers:
        if pair not in plain:
            if not plain.takes(pair):
                return False
            most += len(pair[0]) + len(pair[1])
    if len(fields) != number or number > limits.headers or most > limits.head:
        return False
    if plain.hosts is not None and b"host" not in fields:
        return False
    return len(raw_path) + len(query) <= limits.target and not (query and _BAD_QUERY.search(query))


def objections(limits: Limits, head: Head, fields: Mapping[bytes, bytes]) -> Iterator[Refuse]:
    """`fields` are the headers by name, the last of each."""
    if len(head.raw_path) + len(head.query) > limits.target:
        yield Refuse(Rule.HEAD, 414, "URI Too Long")
    if not is_plain(head.raw_path) or (head.query and _BAD_QUERY.search(head.query)):
        yield Refuse(Rule.TARGET, 400, "Bad Request", detail="The target is not a plain path and query.")
    if not _METHOD.fullmatch(head.method) or head.method == "CONNECT":
        yield Refuse(Rule.HEAD, 400, "Bad Request", detail="The method is not supported.")
    if len(head.headers) > limits.headers or sum([len(n) + len(v) for n, v in head.headers]) > limits.head:
        yield Refuse(Rule.HEAD, 431, "Request Header Fields Too Large")
    if len(fields) != len(head.headers):
        names = [name for name, _ in head.headers]
        if any(names.count(name) > 1 for name in SINGLE):
            yield Refuse(Rule.HEAD, 400, "Bad Request", detail="A header that must be unique is repeated.")
    if _BAD_VALUE.search(b"".join([value for _, value in head.headers])):
        yield Refuse(Rule.HEAD, 400, "Bad Request", detail="A header holds a control character.")
    if not all(map(_NAME.fullmatch, fields)):
        yield Refuse(Rule.HEAD, 400, "Bad Request", detail="The name of a header is invalid.")
    if (host := fields.get(b"host")) is not None and not _HOST.fullmatch(host):
        yield Refuse(Rule.HEAD, 400, "Bad Request", detail="The Host header is not a host name.")
    yield from _framing(fields)


def _framing(fields: Mapping[bytes, bytes]) -> Iterator[Refuse]:
    length, coding = fields.get(b"content-length"), fields.get(b"transfer-encoding")
    if length is not None and not (length.isdigit() and len(length) < 19):
        yield Refuse(Rule.HEAD, 400, "Bad Request", detail="The Content-Length is not a number.")
    if coding is not None:
        if length is not None:
            yield Refuse(Rule.HEAD, 400, "Bad Request", detail="The body's length is given twice.")
        if coding.strip().lower() != b"chunked":
            yield Refuse(Rule.HEAD, 501, "Not Implemented", detail="The transfer coding is not supported.")

"""Requests whose length two servers may read differently (RFC 9112, 6.3), and what their answers mean.

Only waiting times are compared, so that no other client is affected. In each pair the one server gets less than the other one waits for: it says
nothing until it gives up, and the connection between them is not used again. What is left over where a server reads less than
was sent is, between the two servers, an empty line, which servers skip before a request (RFC 9112, 2.2), and on batten's own
connection the rest, after which that is closed.
"""

from __future__ import annotations

from batten.model.record import record

PLAIN = "Transfer-Encoding: chunked"
# Ways to write the field that some servers take for it and others do not.
OBSCURED = (
    "Transfer-Encoding : chunked",
    "Transfer-Encoding:\tchunked",
    "Transfer-Encoding: xchunked",
    "Transfer-Encoding: identity, chunked",
    "X: x\nTransfer-Encoding: chunked",
)


@record
class Pair:
    """`cut` is understood by both servers alike, or one waits; `whole` is the same without a doubt about its end."""

    name: str  # who reads which of the two, the first server first
    cut: bytes
    whole: bytes


def pairs(host: str, path: str) -> list[Pair]:
    """All of them, those of which a hang says most first."""
    fields = (PLAIN, *OBSCURED)
    lengths = [_length_first(host, path, field) for field in fields]
    return lengths + [_chunks_first(host, path, field) for field in fields]


def _length_first(host: str, path: str, field: str) -> Pair:
    """The first server forwards four bytes: a chunk without its end, and the second one waits for that. A server that
    reads chunks itself sees at once that the next size is no number."""
    cut = _request(host, path, field, 4, b"1\r\nZ\r\nQ\r\n\r\n")
    whole = _request(host, path, field, 11, b"1\r\nZ\r\n0\r\n\r\n")
    return Pair(f"Content-Length, then {_shown(field)}", cut, whole)


def _chunks_first(host: str, path: str, field: str) -> Pair:
    """The first server forwards the last chunk, five bytes, and the second one waits for two more."""
    cut = _request(host, path, field, 7, b"0\r\n\r\n\r\n")
    whole = _request(host, path, field, 5, b"0\r\n\r\n")
    return Pair(f"{_shown(field)}, then Content-Length", cut, whole)


def _request(host: str, path: str, field: str, length: int, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: batten\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n{field}\r\n\r\n"
    )
    return head.encode() + body


def _shown(field: str) -> str:
    return f"`{field.encode('unicode_escape').decode()}`"


def answered(data: bytes) -> bool:
    """Whether an answer has begun: its status line is enough."""
    return b"\n" in data

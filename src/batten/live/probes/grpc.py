"""gRPC reflection: whether a server lists its services to whoever asks. One call that reads, over plain HTTP/2.

Over TLS a gRPC server wants HTTP/2 agreed in the handshake (ALPN), which the runner's dialogues do not offer.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from batten.facts import Endpoint
from batten.live.exchange import NotAnswered, Probe, Steps, TcpDialogue, talk
from batten.live.survey import Survey
from batten.model import Exchange, Kind, Location

SERVICES = ("grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection")
SECONDS = 3.0
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"  # RFC 9113, 3.4
_DATA, _HEADERS, _SETTINGS = 0x0, 0x1, 0x4
_END_STREAM, _END_HEADERS = 0x1, 0x4
_LIST = b"\x3a\x00"  # ServerReflectionRequest with list_services (field 7) set to ""


def plan(survey: Survey) -> Iterator[Probe]:
    for url in dict.fromkeys((survey.environment.url, survey.environment.plain)):
        parts = urlsplit(url)
        if parts.scheme == "http" and parts.hostname:
            yield Probe(f"gRPC reflection at {parts.netloc}", _reflection(parts.hostname, parts.port or 80))


def _reflection(host: str, port: int) -> Steps:
    """A server that speaks no HTTP/2 is none of gRPC's: nothing was left out then."""
    try:
        answer = yield from talk(
            TcpDialogue(host, port, (_hello(host, port),), whole=_whole, seconds=SECONDS)
        )
    except NotAnswered:
        return []
    listed = b"".join(payload for kind, _, payload in frames(answer.part(0)) if kind == _DATA)
    found = next((s for s in SERVICES if s.encode() in listed), "")
    if not found:
        return []
    evidence = Exchange(f"{found}/ServerReflectionInfo: list_services", f"({len(listed)} bytes, left out)")
    at = Location(f"http://{host}:{port}", f"POST /{found} response", kind=Kind.WIRE, exchange=evidence)
    return [Endpoint(at, "POST", f"/{found}", "docs", "gRPC reflection")]


def _hello(host: str, port: int) -> bytes:
    """The preface, our settings, and one call a version of the service, each on a stream of its own."""
    message = b"\0" + len(_LIST).to_bytes(4, "big") + _LIST
    calls = b""
    for number, service in enumerate(SERVICES):
        stream = 2 * number + 1
        calls += _frame(_HEADERS, _END_HEADERS, stream, _head(f"{host}:{port}", service))
        calls += _frame(_DATA, _END_STREAM, stream, message)
    return _PREFACE + _frame(_SETTINGS, 0, 0, b"") + calls


def _head(authority: str, service: str) -> bytes:
    """Fields as literals that need no table (RFC 7541, 6.2.2)."""
    fields = (
        (":method", "POST"),
        (":scheme", "http"),
        (":path", f"/{service}/ServerReflectionInfo"),
        (":authority", authority),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
    )
    pairs = ((name.encode(), value.encode()) for name, value in fields)
    return b"".join(b"\0" + bytes([len(n)]) + n + bytes([len(v)]) + v for n, v in pairs)


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def frames(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Kind, flags and payload of each whole frame (RFC 9113, 4.1); none of what is no HTTP/2."""
    if data[3:4] != bytes([_SETTINGS]):
        return
    at = 0
    while at + 9 <= len(data):
        length = int.from_bytes(data[at : at + 3], "big")
        if at + 9 + length > len(data):
            return
        yield data[at + 3], data[at + 4], data[at + 9 : at + 9 + length]
        at += 9 + length


def _whole(data: bytes) -> bool:
    """Until each call is ended, or as soon as it is clear that this is no HTTP/2."""
    if len(data) >= 9 and data[3] != _SETTINGS:
        return True
    ended = [k for k, flags, _ in frames(data) if k in (_DATA, _HEADERS) and flags & _END_STREAM]
    return len(ended) >= len(SERVICES)

"""gRPC reflection: whether a server lists its services to whoever asks. One call that reads, over HTTP/2: in clear text
by prior knowledge, over TLS where the handshake agrees to it (ALPN)."""

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
        port = parts.port or (443 if parts.scheme == "https" else 80)
        if parts.scheme in ("http", "https") and parts.hostname:
            steps = _reflection(parts.scheme, parts.hostname, port)
            yield Probe(f"gRPC reflection at {parts.netloc}", steps)


def _reflection(scheme: str, host: str, port: int) -> Steps:
    """A server that speaks no HTTP/2 is none of gRPC's: nothing was left out then."""
    tls = scheme == "https"
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines, offered = (_hello(scheme, place),), ("h2",) if tls else ()
    dialogue = TcpDialogue(host, port, lines, tls, whole=_whole, seconds=SECONDS, protocols=offered)
    try:
        answer = yield from talk(dialogue)
    except NotAnswered:
        return []
    listed = b"".join(payload for kind, _, payload in frames(answer.part(0)) if kind == _DATA)
    found = next((s for s in SERVICES if s.encode() in listed), "")
    if not found:
        return []
    evidence = Exchange(f"{found}/ServerReflectionInfo: list_services", f"({len(listed)} bytes, left out)")
    at = Location(f"{scheme}://{place}", f"POST /{found} response", kind=Kind.WIRE, exchange=evidence)
    return [Endpoint(at, "POST", f"/{found}", "docs", "gRPC reflection")]


def _hello(scheme: str, place: str) -> bytes:
    """The preface, our settings, and one call a version of the service, each on a stream of its own."""
    message = b"\0" + len(_LIST).to_bytes(4, "big") + _LIST
    calls = b""
    for number, service in enumerate(SERVICES):
        stream = 2 * number + 1
        calls += _frame(_HEADERS, _END_HEADERS, stream, _head(scheme, place, service))
        calls += _frame(_DATA, _END_STREAM, stream, message)
    return _PREFACE + _frame(_SETTINGS, 0, 0, b"") + calls


def _head(scheme: str, authority: str, service: str) -> bytes:
    """Fields as literals that need no table (RFC 7541, 6.2.2)."""
    fields = (
        (":method", "POST"),
        (":scheme", scheme),
        (":path", f"/{service}/ServerReflectionInfo"),
        (":authority", authority),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
    )
    return b"".join(b"\0" + _text(name) + _text(value) for name, value in fields)


def _text(value: str) -> bytes:
    """A string with its length, which goes on in further bytes from 127 (RFC 7541, 5.1 and 5.2)."""
    raw = value.encode()
    left, length = len(raw) - 127, b""
    while left >= 128:
        length += bytes([left % 128 + 128])
        left //= 128
    return bytes([min(len(raw), 127)]) + (length + bytes([left]) if left >= 0 else b"") + raw


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

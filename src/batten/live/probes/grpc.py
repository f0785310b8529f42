"""gRPC reflection: whether a server lists its services to anonymous clients. One call that reads, over HTTP/2: in clear text
by prior knowledge, over TLS where the handshake agrees to it (ALPN)."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import partial
from urllib.parse import urlsplit

from batten.facts import Endpoint
from batten.live.exchange import Answer, NotAnswered, Probe, Question, Steps, TcpDialogue, talk
from batten.live.survey import Survey
from batten.model import Exchange, Kind, Location

SERVICES = ("grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection")
SECONDS = 3.0
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"  # RFC 9113, 3.4
_DATA, _HEADERS, _RESET, _SETTINGS = 0x0, 0x1, 0x3, 0x4
_END_STREAM, _END_HEADERS = 0x1, 0x4
# "grpc-status" and "application/grpc", as they are and in Huffman's code (RFC 7541, appendix B): in any field block.
_MARKS = (
    b"grpc-status",
    b"application/grpc",
    bytes.fromhex("9acac8b21234da8f"),
    bytes.fromhex("1d75d0620d263d4c4d65"),  # without its last bits, for "+proto" may follow
)
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
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def asked(method: str, *services: str) -> Generator[Question, Answer, bytes]:
        # The preface, our settings, and one call a version of the service, each on a stream of its own; only a POST
        # has a message.
        message = b"\0" + len(_LIST).to_bytes(4, "big") + _LIST
        calls = b""
        for number, service in enumerate(services):
            stream, posts = 2 * number + 1, method == "POST"
            flags = _END_HEADERS if posts else _END_HEADERS | _END_STREAM
            calls += _frame(_HEADERS, flags, stream, _head(scheme, place, method, service))
            calls += _frame(_DATA, _END_STREAM, stream, message) if posts else b""
        lines, offered = (
            (_PREFACE + _frame(_SETTINGS, 0, 0, b"") + calls,),
            ("h2",) if scheme == "https" else (),
        )
        whole = partial(_whole, calls=len(services))
        dialogue = TcpDialogue(
            host, port, lines, scheme == "https", whole=whole, seconds=SECONDS, protocols=offered
        )
        return (yield from talk(dialogue)).part(0)

    try:
        # A verb that changes nothing comes first: whoever does not answer it in gRPC's words is sent no call.
        first = yield from asked("OPTIONS", SERVICES[0])
    except NotAnswered:
        return []
    heads = b"".join(payload for kind, _, _, payload in frames(first) if kind == _HEADERS)
    if not any(mark in heads for mark in _MARKS):
        return []
    answer = yield from asked("POST", *SERVICES)
    listed = b"".join(payload for kind, _, _, payload in frames(answer) if kind == _DATA)
    found = next((s for s in SERVICES if s.encode() in listed), "")
    if not found:
        return []
    evidence = Exchange(f"{found}/ServerReflectionInfo: list_services", f"({len(listed)} bytes, omitted)")
    at = Location(f"{scheme}://{place}", f"POST /{found} response", kind=Kind.WIRE, exchange=evidence)
    return [Endpoint(at, method="POST", path=f"/{found}", kind="docs", what="gRPC reflection")]


def _head(scheme: str, authority: str, method: str, service: str) -> bytes:
    """Fields as literals that need no table (RFC 7541, 6.2.2)."""
    fields = (
        (":method", method),
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


def frames(data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """Kind, flags, stream and payload of each whole frame (RFC 9113, 4.1); none of what is no HTTP/2."""
    if data[3:4] != bytes([_SETTINGS]):
        return
    at = 0
    while at + 9 <= len(data):
        length = int.from_bytes(data[at : at + 3], "big")
        if at + 9 + length > len(data):
            return
        stream = int.from_bytes(data[at + 5 : at + 9], "big")
        yield data[at + 3], data[at + 4], stream, data[at + 9 : at + 9 + length]
        at += 9 + length


def _whole(data: bytes, calls: int) -> bool:
    """Until each call is ended, or as soon as it is clear that this is no HTTP/2."""
    if len(data) >= 9 and data[3] != _SETTINGS:
        return True
    ended = {
        stream
        for kind, flags, stream, _ in frames(data)
        if kind == _RESET or (kind in (_DATA, _HEADERS) and flags & _END_STREAM)
    }
    return len(ended) >= calls

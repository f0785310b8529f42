"""NATS: INFO, which a server sends first, then CONNECT without a user and PING (NATS client protocol)."""

from __future__ import annotations

import json

from batten.live.exchange import NotAnswered, OtherProduct, Steps
from batten.live.stores.door import Door
from batten.live.stores.sighting import Sighting, facts
from batten.live.stores.talking import once

_CONNECT = (
    b'CONNECT {"verbose":false,"pedantic":false,"lang":"python","version":"1","protocol":0,"name":"batten"}\r\n'
    b"PING\r\n"
)


def whole(answer: bytes) -> bool:
    return (
        b"\r\nPONG\r\n" in b"\r\n" + answer
        or b"-ERR" in answer
        or (answer.startswith(b"INFO ") and answer.endswith(b"\r\n") and answer.count(b"\r\n") == 1)
    )


def _said(answer: bytes) -> bool:
    return b"PONG\r\n" in answer or b"-ERR" in answer


def information(part: bytes) -> dict[str, object]:
    if not part.startswith(b"INFO "):
        raise OtherProduct("the port does not answer in the NATS protocol")
    told = json.loads(part[5:].partition(b"\r\n")[0])
    if not isinstance(told, dict):
        raise OtherProduct("the port does not answer in the NATS protocol")
    return told


def _unless_tls(parts: tuple[bytes, ...]) -> bytes:
    try:
        return b"" if information(parts[0]).get("tls_required") else _CONNECT
    except (OtherProduct, ValueError):
        return b""


def probe(door: Door) -> Steps:
    answer = yield from once(door, (b"", _unless_tls), whole, tls=bool(door.tls))
    told = information(answer.part(0))
    required = bool(told.get("tls_required"))
    reply, address = answer.part(1), answer.address
    if required and not answer.over_tls:
        answer = yield from once(door, (_CONNECT,), _said, starttls="nats")
        reply = answer.part(0)
    opened = b"PONG\r\n" in reply
    if not opened and b"-ERR" not in reply:
        raise NotAnswered("NATS answered neither PONG nor an error")
    if not opened and b"authorization" not in reply.lower() and b"authentication" not in reply.lower():
        raise NotAnswered("NATS answered with another error; whether it requires a password is unknown")
    version = told.get("version")
    seen = Sighting(
        "nats",
        opened,
        "CONNECT without credentials, PING",
        "PONG" if opened else reply[:60].decode("utf-8", "replace").strip(),
        version if isinstance(version, str) else "",
        address,
        tls=required or bool(told.get("tls_available")) or answer.over_tls,
        plain=not required and not answer.over_tls,
    )
    return facts(door, seen)

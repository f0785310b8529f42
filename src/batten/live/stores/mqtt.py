"""MQTT brokers: CONNECT without a user, then DISCONNECT (MQTT 3.1.1, 3.1 and 3.2). Nothing is published."""

from __future__ import annotations

import secrets

from batten.live.exchange import NotAnswered, OtherProduct, Steps
from batten.live.stores.door import Door
from batten.live.stores.sighting import Sighting, facts
from batten.live.stores.talking import either

_REFUSALS = (4, 5)  # bad user name or password, not authorized
_DISCONNECT = b"\xe0\0"
_CLEAN_SESSION = b"\x02"


def connect(name: bytes) -> bytes:
    body = b"\0\x04MQTT\x04" + _CLEAN_SESSION + b"\0\x0a" + len(name).to_bytes(2, "big") + name
    return b"\x10" + bytes([len(body)]) + body


def _goodbye(parts: tuple[bytes, ...]) -> bytes:
    return _DISCONNECT if parts[0][:2] == b"\x20\x02" else b""


def _whole(answer: bytes) -> bool:
    return len(answer) >= 4


def probe(door: Door) -> Steps:
    # A name that nobody has: a broker ends the older session of two that have one.
    hello = connect(b"batten-" + secrets.token_hex(6).encode())
    answer = yield from either(door, (hello, _goodbye), _whole)
    part = answer.part(0)
    if part[:2] != b"\x20\x02" or len(part) < 4:
        raise OtherProduct("the port does not answer in MQTT 3.1.1")
    code = part[3]
    if code and code not in _REFUSALS:
        raise NotAnswered(
            f"the broker rejected the connection with code {code}; whether it requires a password is unknown"
        )
    seen = Sighting(
        "mosquitto" if door.scheme == "mosquitto" else "mqtt",
        code == 0,
        "CONNECT without credentials, clean session",
        f"CONNACK {code}",
        address=answer.address,
        tls=answer.over_tls,
        plain=not answer.over_tls,
    )
    return facts(door, seen)

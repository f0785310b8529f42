"""Cassandra and Scylla: STARTUP, and the release version of a node that asks for no login (native protocol 4).
The user cassandra only where the policy lets vendors' passwords be tried.
"""

from __future__ import annotations

import re
from struct import pack

from batten.live.exchange import NotAnswered, OtherProduct, Steps
from batten.live.stores.door import Door
from batten.live.stores.sighting import Sighting, facts
from batten.live.stores.talking import either, framed

_ERROR, _STARTUP, _READY, _AUTHENTICATE, _QUERY = 0x00, 0x01, 0x02, 0x03, 0x07
_AUTH_RESPONSE, _AUTH_SUCCESS = 0x0F, 0x10
_CQL = b"SELECT release_version FROM system.local"
_PASSWORD = b"\0cassandra\0cassandra"


def frame(operation: int, body: bytes) -> bytes:
    return b"\x04\0\0\0" + bytes([operation]) + pack(">I", len(body)) + body


def _text(text: bytes) -> bytes:
    return pack(">H", len(text)) + text


_START = frame(_STARTUP, b"\0\x01" + _text(b"CQL_VERSION") + _text(b"3.0.0"))
_VERSION = frame(_QUERY, pack(">I", len(_CQL)) + _CQL + b"\0\x01\0")
_LOGIN = frame(_AUTH_RESPONSE, pack(">I", len(_PASSWORD)) + _PASSWORD)


whole = framed(5, 4, 9)


def operation(part: bytes) -> int:
    return part[4] if len(part) >= 9 and part[0] & 0x80 and part[0] & 0x7F in (3, 4, 5) else -1


def probe(door: Door) -> Steps:
    def then(parts: tuple[bytes, ...]) -> bytes:
        told = operation(parts[0])
        if told == _READY:
            return _VERSION
        return _LOGIN if told == _AUTHENTICATE and door.credentials else b""

    answer = yield from either(door, (_START, then), whole)
    told = operation(answer.part(0))
    if told == _ERROR:
        raise NotAnswered("Cassandra rejected the session")
    if told not in (_READY, _AUTHENTICATE):
        raise OtherProduct("the port does not answer in the Cassandra protocol")
    tried = door.credentials and told == _AUTHENTICATE
    seen = Sighting(
        "apache-cassandra",
        told == _READY,
        "STARTUP without credentials" + (", user cassandra with the default password" if tried else ""),
        "READY" if told == _READY else "AUTHENTICATE",
        _release(answer.part(1)) if told == _READY else "",
        answer.address,
        tls=answer.over_tls,
        plain=not answer.over_tls,
        default_credentials=operation(answer.part(1)) == _AUTH_SUCCESS if tried else None,
    )
    return facts(door, seen)


def _release(part: bytes) -> str:
    """The one value of the one row, which ends the answer."""
    found = re.search(rb"\0\0\0\x01\0\0\0[\x03-\x40](\d+\.[\w.+~-]+)\Z", part)
    return found[1].decode() if found else ""

"""Memcached: `version`, and `get` of a key that does not exist, in the text protocol.

With SASL on, a server speaks the binary protocol only; it is asked there for nothing but to do nothing.
Source: memcached's doc/protocol.txt and the binary protocol's description.
"""

from __future__ import annotations

import re

from batten.live.exchange import NotAnswered, OtherProduct, Steps, Unreachable
from batten.live.stores.door import Door
from batten.live.stores.sighting import Sighting, facts
from batten.live.stores.talking import CLOSED, either, first_line

_LINES = (b"version\r\n", b"get batten:nobody\r\n")
_NO_OPERATION = b"\x80\x0a" + bytes(22)
_AUTHENTICATION_ERROR = b"\0\x20"


def probe(door: Door) -> Steps:
    try:
        answer = yield from either(door, _LINES, lambda part: part.endswith(b"\r\n"))
    except Unreachable:
        raise
    except NotAnswered as error:
        if str(error) != CLOSED:
            raise
        return (yield from _binary(door))
    told, got = first_line(answer.part(0)), first_line(answer.part(1))
    version = re.match(r"VERSION (\S+)", told)
    refused = "unauthenticated" in f"{told} {got}"
    if not version and not refused:
        raise OtherProduct("the port does not answer in the memcached protocol")
    opened = got.startswith("END") and not refused
    seen = Sighting(
        "memcached",
        opened if opened or refused else None,
        "version, get of a key that does not exist",
        f"{told}; {got}".rstrip("; "),
        version[1] if version else "",
        answer.address,
        tls=answer.over_tls,
        plain=not answer.over_tls,
    )
    return facts(door, seen)


def _binary(door: Door) -> Steps:
    answer = yield from either(door, (_NO_OPERATION,), lambda part: len(part) >= 24)
    part = answer.part(0)
    if part[:2] != b"\x81\x0a" or len(part) < 24:
        raise OtherProduct("the port does not answer in the memcached protocol")
    asks = part[6:8] == _AUTHENTICATION_ERROR
    opened = True if part[6:8] == b"\0\0" else False if asks else None
    seen = Sighting(
        "memcached",
        opened,
        "NOOP in the binary protocol",
        "done" if opened else "authentication is required" if asks else "another error",
        address=answer.address,
        tls=answer.over_tls,
        plain=not answer.over_tls,
    )
    return facts(door, seen)

"""ZooKeeper: the four letters `srvr`, then a session that reads who may do what with "/" and is closed again.

The four letters alone prove nothing: they are answered before any log-in (ZooKeeper administrator's guide).
"""

from __future__ import annotations

import re
from collections.abc import Generator
from struct import pack, unpack_from

from batten.live.exchange import Answer, NotAnswered, OtherProduct, Question, Steps
from batten.live.stores.door import Door
from batten.live.stores.sighting import Sighting, facts
from batten.live.stores.talking import either, framed

_CREATE, _WRITE, _DELETE = 4, 2, 8
_REFUSALS = frozenset((-102, -115, -124))  # NoAuth, AuthFailed, SessionClosedRequireSaslAuth


def packet(content: bytes) -> bytes:
    return pack(">i", len(content)) + content


_CONNECT = packet(pack(">iqiq", 0, 0, 4000, 0) + pack(">i", 16) + bytes(16) + b"\0")
_ACL_OF_ROOT = packet(pack(">ii", 1, 6) + pack(">i", 1) + b"/")
_CLOSE = packet(pack(">ii", 2, -11))


whole = framed(0, 4, 4)


def probe(door: Door) -> Steps:
    answer = yield from either(door, (_CONNECT, _ACL_OF_ROOT, _CLOSE), whole)
    session, told = answer.part(0), answer.part(1)
    if len(session) < 36 or not whole(session):
        raise OtherProduct("the port does not answer in the ZooKeeper protocol")
    if not told:
        raise NotAnswered("ZooKeeper closed the session without an answer")
    error = unpack_from(">i", told, 16)[0]
    if error and error not in _REFUSALS:
        raise NotAnswered(f"ZooKeeper answered with error {error}")
    if error:
        rights = 0
    else:
        # The rights that "/" gives to world:anyone.
        count = unpack_from(">i", told, 20)[0]
        everybody_rights, at = 0, 24
        for _ in range(min(count, 100)):
            mask = unpack_from(">i", told, at)[0]
            words = []
            at += 4
            for _ in range(2):
                length = unpack_from(">i", told, at)[0]
                words.append(told[at + 4 : at + 4 + length])
                at += 4 + max(length, 0)
            if words == [b"world", b"anyone"]:
                everybody_rights |= mask
        rights = everybody_rights
    opened = bool(rights & (_CREATE | _WRITE | _DELETE))
    version = yield from _version(door.with_tls(answer.over_tls))
    seen = Sighting(
        "zookeeper",
        opened if opened or error else None,
        'srvr; a session that reads the ACL of "/"',
        f"world: permissions {rights} of 31" if not error else f"refused ({error})",
        version,
        answer.address,
        tls=answer.over_tls,
        plain=not answer.over_tls,
    )
    return facts(door, seen)


def _version(door: Door) -> Generator[Question, Answer, str]:
    try:
        answer = yield from either(door, (b"srvr",), lambda part: b"Node count" in part)
    except NotAnswered:
        return ""
    found = re.search(rb"Zookeeper version: (\d[\w.]*)", answer.part(0))
    return found[1].decode() if found else ""

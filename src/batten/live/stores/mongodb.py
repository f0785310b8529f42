"""MongoDB: hello, buildInfo and listDatabases by OP_MSG (MongoDB wire protocol); nothing is written."""

from __future__ import annotations

from struct import pack

from batten.live.exchange import NotAnswered, OtherProduct, Steps
from batten.live.stores import bson
from batten.live.stores.door import Door
from batten.live.stores.sighting import Sighting, facts
from batten.live.stores.talking import either, framed

_MESSAGE = 2013
_UNAUTHORIZED = 13
LIMIT = 1 << 18  # the names of many databases


def message(number: int, document: dict[str, bson.Value]) -> bytes:
    body = pack("<i", 0) + b"\0" + bson.encode({**document, "$db": "admin"})
    return pack("<iiii", 16 + len(body), number, 0, _MESSAGE) + body


_ANY_MEMBER: dict[str, bson.Value] = {"mode": "primaryPreferred"}
_LINES = (
    message(1, {"hello": 1}),
    message(2, {"buildInfo": 1}),
    message(3, {"listDatabases": 1, "nameOnly": True, "$readPreference": _ANY_MEMBER}),
)


whole = framed(0, 4, 0, "little")


def reply(part: bytes) -> dict[str, bson.Value]:
    """The document of an answer. OtherProduct when it is none."""
    if len(part) < 26 or part[12:16] != pack("<i", _MESSAGE) or not whole(part):
        raise OtherProduct("the port does not answer in the MongoDB protocol")
    return bson.decode(part[21:])


def probe(door: Door) -> Steps:
    answer = yield from either(door, _LINES, whole, LIMIT)
    reply(answer.part(0))
    build = reply(answer.part(1)) if answer.part(1) else {}
    listed = reply(answer.part(2)) if answer.part(2) else {}
    names, version, code = listed.get("databases"), build.get("version"), listed.get("code")
    opened = bool(listed.get("ok")) and isinstance(names, dict)
    if not opened and code != _UNAUTHORIZED:
        told = listed.get("codeName") or "nothing"
        raise NotAnswered(f"MongoDB answered {str(told)[:60]} to listDatabases")
    count = f"{len(names)} databases" if isinstance(names, dict) else "Unauthorized"
    seen = Sighting(
        "mongodb",
        opened,
        "hello, buildInfo, listDatabases; no credentials",
        count,
        version if isinstance(version, str) else "",
        answer.address,
        tls=answer.over_tls,
        plain=not answer.over_tls,
    )
    return facts(door, seen)

"""Redis and Valkey: PING, INFO server and EXISTS of a key that does not exist, as inline commands (RESP)."""

from __future__ import annotations

import re

from batten.live.exchange import NotAnswered, OtherProduct, Steps
from batten.live.stores.door import Door
from batten.live.stores.sighting import Sighting, facts
from batten.live.stores.talking import either, first_line

_LINES = (b"PING\r\n", b"INFO server\r\n", b"EXISTS batten:nobody\r\n")


def whole(answer: bytes) -> bool:
    """A line, or a bulk string with all its bytes."""
    bulk = re.match(rb"\$(\d{1,7})\r\n", answer)
    return len(answer) >= bulk.end() + int(bulk[1]) + 2 if bulk else answer.endswith(b"\r\n")


def probe(door: Door) -> Steps:
    answer = yield from either(door, _LINES, whole)
    pong, told, exists = first_line(answer.part(0)), answer.part(1).decode("utf-8", "replace"), answer.part(2)
    if not pong.startswith(("+", "-")):
        raise OtherProduct("the port does not answer in the redis protocol")
    protected = pong.startswith("-DENIED")
    if not protected and not pong.startswith(("+PONG", "-NOAUTH", "-WRONGPASS", "-NOPERM")):
        raise NotAnswered(f"the store answered {pong[:60]!r}; whether it requires a password is unknown")
    # Name and version from INFO; valkey also tells the redis version it is compatible with.
    valkey = re.search(r"^valkey_version:(\S+)", told, re.MULTILINE)
    if valkey:
        product, version = "valkey", valkey[1]
    else:
        redis = re.search(r"^redis_version:(\S+)", told, re.MULTILINE)
        named = door.scheme.removesuffix("s") if door.scheme in ("valkey", "valkeys") else "redis"
        product, version = named, redis[1] if redis else ""
    return facts(
        door,
        Sighting(
            product,
            _opened(pong, exists),
            "PING, INFO server, EXISTS of a key that does not exist; no password",
            f"{pong}; {first_line(exists) if pong == '+PONG' else ''}".rstrip("; "),
            version,
            answer.address,
            tls=answer.over_tls,
            plain=not answer.over_tls,
            protected=True if protected else None,
            backported=bool(re.search(r"^executable:/usr/s?bin/", told, re.MULTILINE)),
        ),
    )


def _opened(pong: str, exists: bytes) -> bool | None:
    """Whether a stranger is obeyed. PING and INFO alone may be all that the default user is allowed."""
    if not pong.startswith("+PONG") or exists.startswith((b"-NOPERM", b"-NOAUTH")):
        return False
    return True if exists.startswith((b":", b"-MOVED", b"-CLUSTERDOWN", b"-ASK")) else None

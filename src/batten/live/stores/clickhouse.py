"""ClickHouse: `SELECT version()` as the user default without a password, by GET, which only reads; or the hello of
its native protocol.
"""

from __future__ import annotations

import re

from batten.live.exchange import NotAnswered, OtherProduct, Response, Steps
from batten.live.stores.door import Door
from batten.live.stores.sighting import Sighting, facts
from batten.live.stores.talking import either
from batten.live.stores.web import REFUSED, first, other, unclear

_PATH = "/?query=SELECT%20version()"
_REFUSALS = (
    192,
    193,
    194,
    516,
    195,
)  # unknown user, wrong or required password, authentication failed, address
_HELLO, _EXCEPTION = 0, 2


def recognised(response: Response) -> bool:
    return any(name.lower().startswith("x-clickhouse-") for name, _ in response.headers)


def probe(door: Door) -> Steps:
    door, told = yield from first(door, _PATH)
    if not recognised(told):
        raise other("ClickHouse")
    version = told.text.strip() if told.status == 200 else ""
    opened = bool(re.fullmatch(r"\d+\.\d+[\d.\w-]*", version))
    code = told.header("x-clickhouse-exception-code")
    if not opened and told.status not in REFUSED and code not in {str(c) for c in _REFUSALS}:
        raise unclear("ClickHouse", told)
    seen = Sighting(
        "clickhouse",
        opened,
        f"GET {_PATH}",
        f"{told.status}" + (f", exception {code[:6]}" if code else ""),
        version if opened else "",
        told.address,
        tls=bool(door.tls),
        plain=not door.tls,
    )
    return facts(door, seen)


def _text(text: bytes) -> bytes:
    return bytes([len(text)]) + text


# Hello of a client that is older than all that a server would ask further: name, version, revision, database,
# user, password.
_CLIENT = b"\0" + _text(b"batten") + b"\x15\x08\xac\xa9\x03" + _text(b"") + _text(b"default") + _text(b"")


def native(door: Door) -> Steps:
    answer = yield from either(door, (_CLIENT,), lambda part: len(part) >= 2)
    part = answer.part(0)
    if part[0] == _HELLO and part[2 : 2 + part[1]] == b"ClickHouse":
        at = 2 + part[1]
        opened, told, version = (
            True,
            "hello",
            f"{part[at]}.{part[at + 1]}" if len(part) > at + 1 and max(part[at : at + 2]) < 0x80 else "",
        )
    elif part[0] == _EXCEPTION and b"DB::Exception" in part[:200]:
        code = int.from_bytes(part[1:5], "little")
        if code not in _REFUSALS:
            raise NotAnswered(
                f"ClickHouse answered with exception {code}; whether it requires a password is unknown"
            )
        opened, told, version = False, f"exception {code}", ""
    else:
        raise OtherProduct("the port does not answer in the ClickHouse protocol")
    seen = Sighting(
        "clickhouse",
        opened,
        "Hello of the native protocol as user default, without a password",
        told,
        version,
        answer.address,
        tls=answer.over_tls,
        plain=not answer.over_tls,
    )
    return facts(door, seen)

"""Whether a store answers whoever reaches its port: one harmless exchange, never a write, no password tried."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from batten.facts import Component, Fact, Store
from batten.live.exchange import NotAnswered, Probe, Steps, TcpDialogue, talk
from batten.live.survey import Survey
from batten.model import ABSENT, Exchange, Kind, Location, Setting


def plan(survey: Survey) -> Iterator[Probe]:
    for url in survey.environment.stores:
        parts = urlsplit(url)
        asker = _ASKERS.get(parts.scheme)
        steps = asker(url) if asker else _unknown(parts.scheme)
        yield Probe(f"store {parts.scheme}://{parts.hostname}:{parts.port or 'default'}", steps)


def _unknown(scheme: str) -> Steps:
    """A store that is named but not understood is never silently passed."""
    raise NotAnswered(f"batten has no probe for {scheme} stores")
    yield  # makes this a generator, which fails when it is asked and not when it is planned


def _redis(url: str) -> Steps:
    """PING and INFO without a password (RESP inline commands; nothing is stored or changed)."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 6379
    tls = parts.scheme in ("rediss", "valkeys")
    answer = yield from talk(TcpDialogue(host, port, (b"PING\r\n", b"INFO server\r\n"), tls))
    pong = _first(answer.parts[0])
    told = answer.parts[1].decode("utf-8", "replace") if len(answer.parts) > 1 else ""
    at = _at(url, "PING", pong or "(nothing)")
    if not pong:
        raise NotAnswered("the port closed the connection without an answer")
    if pong != "+PONG" and not pong.startswith("-"):
        raise NotAnswered("the port speaks another protocol than that of redis")
    product, version = _product(told, parts.scheme)
    opened = pong == "+PONG"
    protected = pong.startswith("-DENIED")
    asks = pong.startswith(("-NOAUTH", "-WRONGPASS", "-NOPERM"))
    if not (opened or protected or asks):
        raise NotAnswered(f"the store answered {pong[:60]!r}, which tells nothing about passwords")
    facts: list[Fact] = [
        Store(
            at,
            product,
            Setting(asks or protected, at),
            Setting((host,), at),
            Setting(port, at),
            version,
            protected=Setting(True, at) if protected else None,
            tls=Setting(tls, at),
            answers=opened,
        )
    ]
    if version:
        facts.append(Component(at, product, Setting(version, at), evidence=f"INFO says {version}"))
    return facts


def _first(part: bytes) -> str:
    return part.decode("utf-8", "replace").partition("\r\n")[0]


def _product(told: str, scheme: str) -> tuple[str, str]:
    """Name and version from INFO; valkey also tells the redis version it is compatible with."""
    valkey = re.search(r"^valkey_version:(\S+)", told, re.MULTILINE)
    if valkey:
        return "valkey", valkey[1]
    redis = re.search(r"^redis_version:(\S+)", told, re.MULTILINE)
    return scheme.removesuffix("s") if scheme in ("valkeys", "rediss") else scheme, redis[1] if redis else ""


def _postgresql(url: str) -> Steps:
    """Offer TLS, then begin a session as `postgres`; the answer names the way to log in, and that is all
    that is asked (PostgreSQL's protocol 3.0, message flow of the start-up)."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 5432
    encrypted = yield from talk(TcpDialogue(host, port, (b"\0\0\0\x08\x04\xd2\x16\x2f",)))
    tls = encrypted.parts[0][:1] == b"S"
    if encrypted.parts[0][:1] not in (b"S", b"N"):
        raise NotAnswered("the port speaks another protocol than that of PostgreSQL")
    pairs = b"\0\x03\0\0user\0postgres\0database\0postgres\0\0"
    answer = yield from talk(TcpDialogue(host, port, ((len(pairs) + 4).to_bytes(4, "big") + pairs,)))
    reply = answer.parts[0]
    opened = reply[:1] == b"R" and reply[5:9] == b"\0\0\0\0"
    refused = reply[:1] in (b"E", b"R") and not opened
    if not opened and not refused:
        raise NotAnswered("the port closed the connection without an answer")
    at = _at(
        url, "a start-up message as postgres, without a password", "let in" if opened else "asked to log in"
    )
    return [
        Store(
            at,
            "postgresql",
            Setting(refused, at),
            Setting((host,), at),
            Setting(port, at),
            tls=Setting(tls, at),
            plain=Setting(True if reply[:1] == b"R" else ABSENT, at),
            answers=opened,
        )
    ]


def _at(url: str, asked: str, told: str) -> Location:
    parts = urlsplit(url)
    source = (
        f"{parts.scheme}://{parts.hostname}:{parts.port}"
        if parts.port
        else f"{parts.scheme}://{parts.hostname}"
    )
    return Location(source, f"store {parts.scheme}", kind=Kind.WIRE, exchange=Exchange(asked, told))


_ASKERS: dict[str, Callable[[str], Steps]] = {
    **dict.fromkeys(("redis", "rediss", "valkey", "valkeys"), _redis),
    **dict.fromkeys(("postgresql", "postgres"), _postgresql),
}

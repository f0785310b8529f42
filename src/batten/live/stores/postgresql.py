"""PostgreSQL: TLS is asked for, then a session begun as `postgres`; the answer names the way to log in, and that is
all that is asked (PostgreSQL's protocol 3.0, message flow of the start-up)."""

from __future__ import annotations

from collections.abc import Iterator

from batten.live.exchange import NotAnswered, OtherProduct, Steps
from batten.live.stores.door import Door
from batten.live.stores.sighting import Sighting, facts
from batten.live.stores.talking import CLOSED, once
from batten.live.tls.starttls import POSTGRESQL_SSL_REQUEST

_PAIRS = b"\0\x03\0\0user\0postgres\0database\0postgres\0\0"
_LINES = ((len(_PAIRS) + 4).to_bytes(4, "big") + _PAIRS, b"X\0\0\0\x04")
_WAYS = {2: "Kerberos", 3: "a plain-text password", 5: "MD5", 7: "GSSAPI", 9: "SSPI", 10: "SASL (SCRAM)"}


def messages(answer: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 5 <= len(answer):
        length = int.from_bytes(answer[at + 1 : at + 5], "big")
        if length < 4 or at + 1 + length > len(answer):
            return
        yield answer[at : at + 1], answer[at + 5 : at + 1 + length]
        at += 1 + length


def whole(answer: bytes) -> bool:
    return any(
        kind in b"ZE" or (kind == b"R" and content[:4] != bytes(4)) for kind, content in messages(answer)
    )


def probe(door: Door) -> Steps:
    encrypted = yield from once(door, (POSTGRESQL_SSL_REQUEST,))
    if encrypted.part(0)[:1] not in (b"S", b"N"):
        raise OtherProduct("the port does not answer in the PostgreSQL protocol")
    tls = encrypted.part(0)[:1] == b"S"
    answer = yield from once(door, _LINES, whole)
    opened, told = _verdict(answer.part(0))
    plain = not told.startswith("28000")  # no rule for connections without TLS: pg_hba.conf has hostssl only
    if tls and not plain:
        answer = yield from once(door, _LINES, whole, starttls="postgresql")
        opened, told = _verdict(answer.part(0))
    seen = Sighting(
        "postgresql",
        opened,
        "StartupMessage as user postgres, without a password",
        told,
        _version(answer.part(0)),
        answer.address,
        tls=tls,
        plain=plain,
    )
    return facts(door, seen)


def _verdict(answer: bytes) -> tuple[bool, str]:
    """Whether the session began without a password, and the answer in words. NotAnswered when neither."""
    for kind, content in messages(answer):
        if kind == b"R":
            number = int.from_bytes(content[:4], "big")
            return number == 0, "accepted" if number == 0 else f"requested {_WAYS.get(number, 'a login')}"
        if kind == b"E":
            code = _field(content, b"C")
            if code.startswith("28"):
                return False, f"{code} {_field(content, b'M')[:120]}"
            raise NotAnswered(f"PostgreSQL answered {code}; whether it requires a password is unknown")
    raise NotAnswered(CLOSED if not answer else "the port does not answer in the PostgreSQL protocol")


def _field(content: bytes, name: bytes) -> str:
    found = next((f[1:] for f in content.split(b"\0") if f[:1] == name), b"")
    return found.decode("utf-8", "replace")


def _version(answer: bytes) -> str:
    for kind, content in messages(answer):
        name, _, value = content.partition(b"\0")
        if kind == b"S" and name == b"server_version":
            return value.rstrip(b"\0").decode("utf-8", "replace")
    return ""

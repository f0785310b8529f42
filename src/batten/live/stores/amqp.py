"""RabbitMQ and other brokers of AMQP 0-9-1: the protocol header, and ANONYMOUS where the broker offers it; guest only
where the policy lets vendors' passwords be tried. No channel is opened (AMQP 0-9-1, 4.2 and connection class).
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import pack, unpack_from

from batten.live.exchange import NotAnswered, OtherProduct, Steps
from batten.live.stores.door import Door
from batten.live.stores.sighting import Sighting, facts
from batten.live.stores.talking import either, framed

HEADER = b"AMQP\0\0\x09\x01"
_START, _START_OK, _TUNE, _CLOSE = (10, 10), (10, 11), (10, 30), (10, 50)
_WIDTHS = {
    b"t": 1,
    b"b": 1,
    b"B": 1,
    b"s": 2,
    b"u": 2,
    b"I": 4,
    b"i": 4,
    b"f": 4,
    b"l": 8,
    b"d": 8,
    b"T": 8,
    b"V": 0,
}
_framed = framed(3, 4, 8)
GUEST = b"\0guest\0guest"


def whole(answer: bytes) -> bool:
    return len(answer) >= 8 if answer.startswith(b"AMQP") else _framed(answer)


def frame(method: tuple[int, int], arguments: bytes) -> bytes:
    payload = pack(">HH", *method) + arguments
    return b"\x01\0\0" + pack(">I", len(payload)) + payload + b"\xce"


def start_ok(mechanism: bytes, response: bytes) -> bytes:
    able = _field(b"authentication_failure_close", b"t\x01")
    properties = _field(b"product", b"S" + _long(b"batten")) + _field(b"capabilities", b"F" + _long(able))
    return frame(_START_OK, _long(properties) + _short(mechanism) + _long(response) + _short(b"en_US"))


def _short(text: bytes) -> bytes:
    return bytes([len(text)]) + text


def _long(text: bytes) -> bytes:
    return pack(">I", len(text)) + text


def _field(name: bytes, value: bytes) -> bytes:
    return _short(name) + value


def method(part: bytes) -> tuple[int, int]:
    return (int.from_bytes(part[7:9], "big"), int.from_bytes(part[9:11], "big")) if len(part) > 11 else (0, 0)


def table(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The text fields of a table."""
    at = 0
    while at < len(data):
        name = data[at + 1 : at + 1 + data[at]]
        at += 1 + data[at]
        kind, at = data[at : at + 1], at + 1
        if kind in _WIDTHS:
            at += _WIDTHS[kind]
            continue
        if kind not in b"SFAx" or not kind:
            return
        length = unpack_from(">I", data, at)[0]
        if kind == b"S":
            yield name, data[at + 4 : at + 4 + length]
        at += 4 + length


def probe(door: Door) -> Steps:
    try_guest = door.credentials

    def choose(parts: tuple[bytes, ...]) -> bytes:
        if method(parts[0]) != _START:
            return b""
        mechanisms = _start(parts[0])[2]
        if b"ANONYMOUS" in mechanisms:
            return start_ok(b"ANONYMOUS", b"batten")
        return start_ok(b"PLAIN", GUEST) if try_guest and b"PLAIN" in mechanisms else b""

    answer = yield from either(door, (HEADER, choose), whole)
    first = answer.part(0)
    if method(first) != _START:
        if first.startswith(b"AMQP"):
            raise NotAnswered("the broker uses a version of AMQP other than 0-9-1")
        raise OtherProduct("the port does not answer in AMQP 0-9-1")
    product, version, mechanisms = _start(first)
    anonymous = b"ANONYMOUS" in mechanisms and method(answer.part(1)) == _TUNE
    guest: bool | None = None
    if try_guest and b"PLAIN" in mechanisms:
        if b"ANONYMOUS" in mechanisms:
            answer = yield from either(door, (HEADER, start_ok(b"PLAIN", GUEST)), whole)
        guest = method(answer.part(1)) == _TUNE
    seen = Sighting(
        product,
        anonymous,
        "the header of AMQP 0-9-1"
        + (", ANONYMOUS" if b"ANONYMOUS" in mechanisms else "")
        + ("" if guest is None else ", guest with the password guest"),
        f"mechanisms {' '.join(m.decode('ascii', 'replace') for m in mechanisms)[:80]}"
        + ("; accepted without credentials" if anonymous else ""),
        version,
        answer.address,
        tls=answer.over_tls,
        plain=not answer.over_tls,
        default_credentials=guest,
    )
    return facts(door, seen)


def _start(part: bytes) -> tuple[str, str, list[bytes]]:
    """Product, version and mechanisms of Connection.Start."""
    length = unpack_from(">I", part, 13)[0]
    told = dict(table(part[17 : 17 + length]))
    at = 17 + length
    mechanisms = part[at + 4 : at + 4 + unpack_from(">I", part, at)[0]].split()
    product = told.get(b"product", b"amqp").decode("utf-8", "replace").lower()
    return product[:40], told.get(b"version", b"").decode("utf-8", "replace"), mechanisms

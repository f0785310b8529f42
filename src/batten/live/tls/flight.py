"""A server's first flight, read within bounds: what it chose, and what it sent to prove and to agree."""

from __future__ import annotations

import asyncio

from batten.live.tls.hello import (
    Malformed,
    ServerHello,
    agreed,
    certificates,
    messages,
    server_hello,
    sslv2_kinds,
    tls_record,
)
from batten.live.tls.suites import IANA
from batten.model.record import record

MOST = 65_536  # bytes that are read, whatever they are
RECORDS = 256  # that they come in
NO_ALERT = -1
UNRECOGNIZED_NAME, PROTOCOL_VERSION, INAPPROPRIATE_FALLBACK = 112, 70, 86


@record
class Flight:
    """`hello` None: refused, with an alert or by closing the connection."""

    hello: ServerHello | None = None
    alert: int = NO_ALERT
    chain: tuple[bytes, ...] = ()  # DER, leaf first; TLS 1.3 encrypts it
    stapled: bool = False
    group: int = 0
    field_bits: int = 0  # of a finite field's prime
    asks_certificate: bool = False


class Bound:
    """How much more of an answer is read."""

    def __init__(self) -> None:
        self.bytes, self.records = MOST, RECORDS

    async def record(self, reader: asyncio.StreamReader) -> tuple[int, bytes, bytes]:
        """(type, header, content) of the next record. Malformed beyond the bound."""
        header = await reader.readexactly(5)
        kind, length = tls_record(header)
        self.bytes -= 5 + length
        self.records -= 1
        if min(self.bytes, self.records) < 0:
            raise Malformed(f"the answer to a ClientHello is longer than {MOST} bytes or {RECORDS} records")
        return kind, header, await reader.readexactly(length)


async def read_flight(reader: asyncio.StreamReader, brief: bool = False) -> Flight:
    """The flight up to its end; up to the ServerHello when `brief`, or when TLS 1.3 encrypts the rest."""
    handshake, bound = b"", Bound()
    try:
        while True:
            kind, _, content = await bound.record(reader)
            if kind == 21 and content[1:2] != bytes((UNRECOGNIZED_NAME,)):
                # A warning about the name lets the handshake go on (RFC 6066, 3); every other alert is the end.
                return understood(handshake, content[1] if len(content) > 1 else 0)
            if kind == 22:
                handshake += content
                if _ended(handshake, brief):
                    return understood(handshake)
    except (asyncio.IncompleteReadError, ConnectionError):
        return understood(handshake)


def _ended(handshake: bytes, brief: bool) -> bool:
    if not handshake.startswith(b"\2"):
        return bool(handshake)  # neither ServerHello nor anything to wait for
    found = messages(handshake)
    if not found:
        return False
    return brief or found[-1][0] == 14 or server_hello(found[0][1]).version >= 0x0304


def understood(handshake: bytes, alert: int = NO_ALERT) -> Flight:
    """What the messages say; Malformed when the first of them is no ServerHello."""
    found = messages(handshake)
    if not found:
        return Flight(alert=alert)
    if found[0][0] != 2:
        raise Malformed("the answer to a ClientHello is not a ServerHello")
    hello = server_hello(found[0][1])
    sent = dict(reversed(found))
    chain, stapled = certificates(sent[11]) if 11 in sent else ((), False)
    group, bits = agreed(IANA.get(hello.suite, ""), sent[12]) if 12 in sent else (hello.group, 0)
    return Flight(hello, alert, chain, stapled or 22 in sent, group, bits, 13 in sent)


async def read_sslv2(reader: asyncio.StreamReader) -> tuple[int, ...]:
    """The cipher kinds of an SSL 2.0 ServerHello; () when SSL 2.0 is refused, in whatever way."""
    try:
        head = await reader.readexactly(2)
        if not head[0] & 0x80:
            return ()
        return sslv2_kinds(await reader.readexactly(int.from_bytes(head, "big") & 0x7FFF))
    except (asyncio.IncompleteReadError, ConnectionError):
        return ()

"""Whether a port takes QUIC: a long-header packet of a version that does not exist, which a server of QUIC answers with
the versions it has (RFC 9000, 6 and 17.2.1; RFC 8999). No connection is begun."""

from __future__ import annotations

import asyncio
import secrets
from struct import pack

GREASE = 0x1A2A3A4A
SIZE = 1200  # bytes; a shorter one is dropped
VERSIONS = {1: "QUIC 1", 0x6B3343CF: "QUIC 2"}


def question(destination: bytes, source: bytes) -> bytes:
    ids = bytes((len(destination),)) + destination + bytes((len(source),)) + source
    head = b"\xc0" + pack(">I", GREASE) + ids
    return head + secrets.token_bytes(SIZE - len(head))


def versions(answer: bytes, destination: bytes, source: bytes) -> tuple[int, ...]:
    """The versions in a Version Negotiation packet that answers ours; () for anything else."""
    ids = bytes((len(source),)) + source + bytes((len(destination),)) + destination
    if len(answer) < 5 or not answer[0] & 0x80 or answer[1:5] != bytes(4) or answer[5 : 5 + len(ids)] != ids:
        return ()
    listed = answer[5 + len(ids) :]
    return tuple(int.from_bytes(listed[at : at + 4], "big") for at in range(0, len(listed) - 3, 4))


class _Once(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: object) -> None:
        if not self.answer.done():
            self.answer.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self.answer.done():
            self.answer.set_result(b"")


async def quic_versions(address: str, port: int, seconds: float) -> tuple[int, ...]:
    """The versions of QUIC that a UDP port offers; () when nothing answers in time."""
    destination, source = secrets.token_bytes(8), secrets.token_bytes(8)
    made = await asyncio.get_running_loop().create_datagram_endpoint(_Once, remote_addr=(address, port))
    transport, protocol = made
    try:
        async with asyncio.timeout(seconds):
            transport.sendto(question(destination, source))
            return versions(await protocol.answer, destination, source)
    except TimeoutError:
        return ()
    finally:
        transport.close()

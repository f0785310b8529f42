"""Servers that mean harm, or nothing: each costs a bounded time, and says why it was not assessed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st
from live_servers import raw
from tls_servers import Serve, assess, read_hello, refusal, served, server_hello, speaker, suites

from batten.live.exchange import NotAnswered
from batten.live.tls.flight import Flight, read_flight, read_sslv2
from batten.live.tls.hello import Malformed, agreed, certificates, read_extensions, sslv2_kinds
from batten.live.tls.quic import quic_versions, versions
from batten.live.tls.sealed import read_sealed, share
from waiting import BOUND, forever


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """For servers that keep batten waiting: those that answer need not be quick."""
    monkeypatch.setattr("batten.live.tls.offers.SECONDS", 1.0)
    monkeypatch.setattr("batten.live.tls.handshakes.HTTP2_SECONDS", 1.0)


def told(serve: Serve) -> str:
    """Why a server was not assessed, in bounded time."""

    async def run() -> str:
        async with raw(serve) as port:
            try:
                await assess(port)
            except NotAnswered as error:
                return str(error)
        return ""

    return asyncio.run(asyncio.wait_for(run(), BOUND))


def sends(*parts: bytes, forever: bytes = b"", close: bool = True) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_hello(reader)
        for part in parts:
            writer.write(part)
        await writer.drain()
        while forever:
            writer.write(forever * 100)
            await writer.drain()
            await asyncio.sleep(0)
        if not close:
            await reader.read()

    return serve


WARNING = b"\x15\3\3\0\2\1\x70"  # unrecognized_name, after which the handshake goes on
CUT = server_hello(0x0303, 0x002F)
CASES: dict[str, tuple[Serve, str]] = {
    "says nothing": (sends(close=False), "no answer to a ClientHello within"),
    "closes": (sends(), "the port rejected every TLS version"),
    "refuses": (sends(refusal()), "the port rejected every TLS version"),
    "stalls in a record": (sends(CUT[:20], close=False), "no answer to a ClientHello within"),
    "ends in a record": (sends(CUT[:20]), "the port rejected every TLS version"),
    "stalls after a ServerHello's head": (
        sends(b"\x16\3\3\0\4\2\0\1\0", close=False),
        "no answer to a ClientHello",
    ),
    "garbage": (sends(bytes(range(200, 256)) * 40), "the answer is not a TLS record"),
    "zeros": (sends(forever=bytes(1000)), "the answer is not a TLS record"),
    "plain HTTP": (sends(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "a protocol other than TLS"),
    "SSH": (sends(b"SSH-2.0-OpenSSH_9.2\r\n"), "a protocol other than TLS"),
    "a flood of alerts": (sends(forever=WARNING), "is longer than"),
    "endless records": (sends(forever=b"\x14\3\3\0\1\1"), "is longer than"),
    "empty records": (sends(forever=b"\x16\3\3\0\0"), "is longer than"),
    "an endless handshake": (sends(forever=b"\x16\3\3\0\4\2\xff\xff\xff"), "is longer than"),
    "another message": (sends(b"\x16\3\3\0\4\x0e\0\0\0"), "is not a ServerHello"),
    "an empty ServerHello": (sends(b"\x16\3\3\0\4\2\0\0\0"), "is truncated"),
    "a suite that was not offered": (sends(server_hello(0x0303, 0xFAFA)), "not offered"),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_not_assessed_and_says_why(case: str, hurried: None) -> None:
    serve, reason = CASES[case]
    assert reason in told(serve)


def test_a_server_that_takes_whatever_is_offered_ends() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        record = await read_hello(reader)
        suite = int.from_bytes(record[46:48], "big")  # the first, where no session is resumed
        writer.write(
            server_hello(0x0303, suite) if record[9:11] == b"\3\3" and record[43] == 0 else refusal()
        )
        await writer.drain()

    assert len(suites(served(serve))["TLSv1.2"]) == 346


def test_what_is_known_is_kept_when_the_server_falls_silent(hurried: None) -> None:
    hellos = 0
    honest = speaker(0x0303, 0x009C, 0x002F)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal hellos
        hellos += 1
        if hellos > 12:
            await forever()
        await honest(reader, writer)

    answer = served(serve)
    assert suites(answer)["TLSv1.2"] <= {"AES128-GCM-SHA256", "AES128-SHA"}
    assert answer.unclear


def test_a_slow_server_does_not_take_all_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("batten.live.tls.offers.WAITED", 0.0)
    honest = speaker(0x0303, *range(0x2F, 0x60))

    answer = served(honest)
    assert any("TLSv1.2" in reason for reason in answer.unclear)


def feed(data: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return reader


@given(st.binary(max_size=300))
def test_any_answer_is_a_flight_or_malformed(data: bytes) -> None:
    async def read(data: bytes) -> None:
        for answer in (data, b"\x16\3\3" + pack(">H", len(data)) + data, CUT[:5] + data):
            with suppress(Malformed):
                assert isinstance(await read_flight(feed(answer)), Flight)
        assert isinstance(await read_sslv2(feed(data)), tuple)
        with suppress(Malformed):
            await read_sealed(feed(b"\x16\3\3" + pack(">H", len(data)) + data), b"", [share(29)])

    asyncio.run(read(data))


@given(st.binary(max_size=120))
def test_any_bytes_are_read_without_a_crash(data: bytes) -> None:
    for reads in _READERS:
        reads(data)


_READERS: tuple[Callable[[bytes], object], ...] = (
    certificates,
    lambda data: certificates(data, extended=True),
    read_extensions,
    sslv2_kinds,
    lambda data: agreed("TLS_ECDHE_PSK_WITH_NULL_SHA", data),
    lambda data: agreed("TLS_DHE_RSA_WITH_AES_128_CBC_SHA", data),
    lambda data: versions(data, b"12345678", b"87654321"),
)


def test_quic_versions_are_read_from_an_answer_to_us() -> None:
    class Server(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
            self.transport = transport

        def datagram_received(self, data: bytes, addr: object) -> None:
            assert len(data) == 1200 and data[1:5] not in (b"\0\0\0\1", b"\0\0\0\0")
            theirs, ours = data[6:14], data[15:23]
            ids = b"\x08" + ours + b"\x08" + theirs
            self.transport.sendto(b"\x80\0\0\0\0" + ids + b"\0\0\0\1" + b"\x6b\x33\x43\xcf", addr)  # type: ignore[arg-type]

    async def asked() -> tuple[tuple[int, ...], tuple[int, ...]]:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(Server, local_addr=("127.0.0.1", 0))
        port = transport.get_extra_info("sockname")[1]
        found = await quic_versions("127.0.0.1", port, 2)
        transport.close()
        await asyncio.sleep(0)
        return found, await quic_versions("127.0.0.1", port, 0.3)

    assert asyncio.run(asked()) == ((1, 0x6B3343CF), ())

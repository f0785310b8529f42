"""What listens at an open port is recognised by a few harmless questions, on real servers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from live_servers import authority, certificate, nginx, raw, valkey, write_pem
from store_servers import memcached, postgresql

from batten.live.fleet.listeners import Listener, listening
from servers import free_port
from waiting import forever

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def _kinds(*ports: int) -> list[str]:
    found = asyncio.run(listening([("127.0.0.1", "127.0.0.1", port) for port in ports]))
    return [one.kind for one in found]


def test_stores_and_web_servers(tmp_path: Path) -> None:
    web, tls, redis, cache = (free_port() for _ in range(4))
    pem, key = write_pem(tmp_path, certificate(authority()))
    servers = (
        f"server {{ listen 127.0.0.1:{web}; return 200 'hi'; }}"
        f"server {{ listen 127.0.0.1:{tls} ssl; ssl_certificate {pem}; ssl_certificate_key {key}; return 404; }}"
    )
    for name in ("n", "v", "m"):
        (tmp_path / name).mkdir()
    with (
        nginx(tmp_path / "n", web, servers),
        valkey(tmp_path / "v", redis),
        memcached(tmp_path / "m", cache, False),
    ):
        assert _kinds(web, tls, redis, cache) == ["http", "https", "redis", "memcached"]


def test_a_store_that_never_speaks_first_is_recognised_at_its_usual_port(tmp_path: Path) -> None:
    port = 5432
    with postgresql(tmp_path, port, locked=True):
        assert _kinds(port) == ["postgresql"]


def _says(greeting: bytes) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await reader.read(1000)
        writer.close()

    return serve


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await forever()


async def _flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that sends what no protocol has, for as long as it is read."""
    try:
        while True:
            writer.write(b"\x01\x02" * 4096)
            await writer.drain()
    except ConnectionError:
        pass


@pytest.mark.parametrize(
    ("serve", "kind"),
    [
        (_says(b"SSH-2.0-OpenSSH_9.2p1\r\n"), "ssh"),
        (_says(b"220 mail.example.com ESMTP Postfix\r\n"), "smtp"),
        (_says(b"220 (vsFTPd 3.0.3)\r\n"), "ftp"),
        (_says(b"* OK [CAPABILITY IMAP4rev1] ready\r\n"), "imap"),
        (_says(b"+OK ready\r\n"), "pop3"),
        (_says(b"RFB 003.008\n"), "vnc"),
        (_says(b"what is this\r\n"), "unknown"),
        (_silent, "unknown"),
        (_flood, "unknown"),
    ],
)
def test_greetings_and_what_nobody_knows(serve: Serve, kind: str) -> None:
    async def ran() -> list[Listener]:
        async with raw(serve) as port:
            return await listening([("127.0.0.1", "127.0.0.1", port)])

    (found,) = asyncio.run(ran())
    assert found.kind == kind


def test_a_host_that_takes_every_connection_is_not_asked_at_each_port(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("batten.live.fleet.listeners.AT_ONCE", 1)
    monkeypatch.setattr("batten.live.fleet.listeners.MOST_UNKNOWN", 2)
    asked: set[int] = set()

    async def odd(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.add(writer.get_extra_info("sockname")[1])
        writer.write(b"what is this\r\n")
        writer.close()

    async def ran() -> list[Listener]:
        async with raw(odd) as one, raw(odd) as two, raw(odd) as three:
            return await listening([("127.0.0.1", "127.0.0.1", port) for port in (one, two, three)])

    assert [found.kind for found in asyncio.run(ran())] == ["unknown"] * 3
    assert len(asked) == 2


def test_a_redirect_is_not_followed_elsewhere() -> None:
    """What is recognised is this port alone, whatever it names."""
    dialled: list[int] = []

    async def elsewhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        dialled.append(1)
        writer.close()

    async def ran() -> list[Listener]:
        async with raw(elsewhere, "127.0.0.2") as other:

            async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await reader.readuntil(b"\r\n\r\n")
                to = f"http://127.0.0.2:{other}/".encode()
                writer.write(b"HTTP/1.1 302 Found\r\nLocation: " + to + b"\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
                writer.close()

            async with raw(redirect) as port:
                return await listening([("127.0.0.1", "127.0.0.1", port)])

    (found,) = asyncio.run(ran())
    assert found.kind == "http"
    assert not dialled


def test_an_ipv6_address_is_written_as_urls_have_it() -> None:
    assert Listener("::1", 80, "http").source == "http://[::1]:80"

"""TLS servers for the tests: OpenSSL's, for what it still can do, and a speaker of scripted hellos for what it cannot."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from struct import pack, unpack_from

from live_servers import raw, running

from batten.live.exchange import TlsAnswer, TlsHello
from batten.live.tls.handshakes import assess_tls
from batten.live.tls.suites import suite_name
from needs import program
from servers import free_port

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
LEGACY = "ALL:eNULL:aNULL:@SECLEVEL=0"


def openssl() -> str:
    return program("openssl")


def run_openssl(folder: Path, *words: str) -> None:
    subprocess.run([openssl(), *words], cwd=folder, check=True, capture_output=True)


@contextmanager
def s_server(folder: Path, *options: str, signed: tuple[Path, Path] | None = None) -> Iterator[int]:
    """`openssl s_server` with a certificate and these options; its port."""
    port = free_port()
    certificate, key = signed or rsa_pair(folder)
    command = [
        openssl(),
        "s_server",
        "-accept",
        f"127.0.0.1:{port}",
        "-cert",
        str(certificate),
        "-key",
        str(key),
    ]
    with running([*command, "-www", "-quiet", *options], port, folder):
        yield port


def rsa_pair(
    folder: Path, bits: int = 2048, *options: str, subject: str = "/CN=localhost"
) -> tuple[Path, Path]:
    """A certificate that signs itself, and its key."""
    certificate, key = folder / f"rsa{bits}.pem", folder / f"rsa{bits}.key"
    names = ("-addext", "subjectAltName=DNS:localhost")
    made = (
        "req",
        "-x509",
        "-newkey",
        f"rsa:{bits}",
        "-nodes",
        "-days",
        "300",
        "-subj",
        subject,
        *names,
        *options,
    )
    run_openssl(folder, *made, "-keyout", str(key), "-out", str(certificate))
    return certificate, key


def assessed(port: int, ca: str = "", server_name: str = "localhost", **words: object) -> TlsAnswer:
    return asyncio.run(assess(port, ca, server_name, **words))


async def assess(port: int, ca: str = "", server_name: str = "localhost", **words: object) -> TlsAnswer:
    async def connect(host: str, number: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(host, number)

    hello = TlsHello("127.0.0.1", port, server_name, **words)  # type: ignore[arg-type]
    return await assess_tls(hello, connect, ca)


def versions(answer: TlsAnswer) -> tuple[str, ...]:
    return tuple(a.version for a in answer.accepted)


def suites(answer: TlsAnswer) -> dict[str, set[str]]:
    return {a.version: {suite_name(s) for s in a.suites} for a in answer.accepted}


def hello_of(record: bytes) -> tuple[int, list[int], bytes]:
    """(version, suites, compression methods) that a ClientHello's record offers."""
    body = record[9:]
    at = 35 + body[34]
    count = unpack_from(">H", body, at)[0]
    offered = list(unpack_from(f">{count // 2}H", body, at + 2))
    at += 2 + count
    return unpack_from(">H", body)[0], offered, body[at + 1 : at + 1 + body[at]]


def server_hello(version: int, suite: int, compression: int = 0, extensions: bytes = b"") -> bytes:
    body = pack(">H", version) + bytes(32) + b"\0" + pack(">HB", suite, compression)
    body += pack(">H", len(extensions)) + extensions if extensions else b""
    done = b"\x0e\0\0\0"
    message = b"\2" + len(body).to_bytes(3, "big") + body + done
    return b"\x16" + pack(">HH", version, len(message)) + message


def refusal(code: int = 40) -> bytes:
    return b"\x15\3\0\0\2\2" + bytes((code,))


async def read_hello(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(5)
    if head[0] & 0x80:  # SSL 2.0
        return head + await reader.read(4096)
    return head + await reader.readexactly(int.from_bytes(head[3:5], "big"))


def speaker(version: int, *taken: int, compression: bool = False) -> Serve:
    """A server of one version before TLS 1.3 that takes these suites, in this order."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        record = await read_hello(reader)
        offered, listed, methods = hello_of(record) if not record[0] & 0x80 else (2, [], b"\0")
        chosen = next((s for s in taken if s in listed), None)
        if chosen is None or offered != version:
            writer.write(refusal())
        else:
            writer.write(server_hello(version, chosen, int(compression and 1 in methods)))
        await writer.drain()
        await reader.read()

    return serve


def served(serve: Serve) -> TlsAnswer:
    """What is found of a scripted server."""

    async def run() -> TlsAnswer:
        async with raw(serve) as port:
            return await assess(port)

    return asyncio.run(run())

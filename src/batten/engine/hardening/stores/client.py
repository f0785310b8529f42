"""A client of a store on loopback: what it says, with TLS or without, and what it hears."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

from batten.live.exchange import Line, NotAnswered
from batten.live.tls.starttls import begin
from batten.model.record import record

SECONDS = 5.0  # for a whole dialogue
MOST = 16_384  # bytes of an answer
Greeting = tuple[bytes, ...]


@record(kw_only=True)
class Credential:
    """Who a client says it is. `pair` is a certificate with its key, in one file; `seed` a private key in a store's own
    letters."""

    user: str = ""
    password: bytes = b""
    seed: bytes = b""
    pair: Path | None = None


@record(kw_only=True)
class Protocol:
    """How clients of a kind log in. `starttls` is "" where TLS comes first. `says` makes the lines of what the server said
    first, and of whether TLS is there; the answer to each is read until it is `whole`; `admits` judges all answers."""

    says: Callable[[Credential, Greeting, bool], tuple[Line, ...]]
    whole: Callable[[bytes], bool]
    admits: Callable[[tuple[bytes, ...]], bool]
    starttls: str = ""
    greets: bool = False  # whether the server speaks first where there is no TLS


def trusting(ca: Path, credential: Credential) -> ssl.SSLContext:
    """TLS as a careful client has it."""
    made = ssl.create_default_context(cafile=str(ca))
    if credential.pair is not None:
        made.load_cert_chain(str(credential.pair))
    return made


def admitted(protocol: Protocol, port: int, credential: Credential, tls: ssl.SSLContext | None) -> bool:
    """Whether the server accepts a client; one that is not answered is not accepted."""
    return protocol.admits(asyncio.run(_heard(protocol, port, credential, tls)))


async def _heard(
    protocol: Protocol, port: int, credential: Credential, tls: ssl.SSLContext | None
) -> tuple[bytes, ...]:
    parts: list[bytes] = []
    try:
        async with asyncio.timeout(SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                await _spoken(protocol, credential, tls, (reader, writer), parts)
            finally:
                writer.transport.abort()
    except (OSError, TimeoutError, NotAnswered):
        pass  # what came until then is judged
    return tuple(parts)


async def _spoken(
    protocol: Protocol,
    credential: Credential,
    tls: ssl.SSLContext | None,
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    parts: list[bytes],
) -> None:
    reader, writer = streams
    greeting: Greeting = ()
    if tls is not None:
        if protocol.starttls:
            greeting = await begin(protocol.starttls, reader, writer)
        await writer.start_tls(tls, server_hostname="localhost")
    elif protocol.greets:
        greeting = (await reader.read(MOST),)
    for number, line in enumerate(protocol.says(credential, greeting, tls is not None)):
        said = line if isinstance(line, bytes) else line(tuple(parts))
        if not said and number:
            return
        writer.write(said)
        await writer.drain()
        parts.append(b"")
        while len(parts[-1]) < MOST and not protocol.whole(parts[-1]):
            more = await reader.read(MOST - len(parts[-1]))
            if not more:
                return
            parts[-1] += more

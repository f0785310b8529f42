"""One dialogue over TCP or TLS: bounded in time and in bytes, whatever the other side does."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import replace

from batten.live.client import Streams, peer, refused
from batten.live.exchange import HungUp, NotAnswered, SaidNothing, TcpAnswer, TcpDialogue, Unreachable
from batten.live.tls.handshakes import context
from batten.live.tls.starttls import begin

SECONDS = 5.0  # for a whole dialogue
ALERT_SECONDS = 1.0

Dial = Callable[[str, int], Awaitable[Streams]]


async def converse(talk: TcpDialogue, dial: Dial, most: float = SECONDS) -> TcpAnswer:
    """What the other side said until the dialogue ended or its time was over. NotAnswered when that is
    nothing at all; Unreachable when there was no connection."""
    seconds = min(talk.seconds or SECONDS, most)
    reader, writer = await _reached(talk, dial, seconds)
    address = peer(writer)  # a connection that is over tells it no more
    parts: list[bytes] = []
    try:
        async with asyncio.timeout(seconds):
            await _spoken(talk, reader, writer, parts)
    except TimeoutError:
        if not any(parts):
            raise SaidNothing(f"the port sent nothing within {seconds:g} s") from None
    except ssl.SSLError as error:
        raise refused(error) from error
    except OSError as error:
        if not any(parts):
            await _alerted(talk, dial, seconds)
            raise HungUp(f"the connection failed: {error.strerror or error}") from error
    finally:
        await _left(writer)
    return TcpAnswer(tuple(parts), address, talk.tls or bool(talk.starttls))


async def _alerted(talk: TcpDialogue, dial: Dial, seconds: float) -> None:
    """A server of TLS 1.3 tells that it wants a certificate after the handshake. What was said to it in the meantime
    makes it reset the connection, and the alert is lost: this time only listen for it."""
    if not (talk.tls or talk.starttls):
        return
    reader, writer = await _reached(talk, dial, seconds)
    try:
        async with asyncio.timeout(ALERT_SECONDS):
            await _spoken(replace(talk, lines=(b"",)), reader, writer, [])
    except ssl.SSLError as error:
        raise refused(error) from error
    except (OSError, TimeoutError):
        return
    finally:
        await _left(writer)


async def _left(writer: asyncio.StreamWriter) -> None:
    """At once: a goodbye over TLS would wait for the other side's."""
    writer.transport.abort() if writer.get_extra_info("ssl_object") else writer.close()
    await asyncio.sleep(0)


async def _reached(talk: TcpDialogue, dial: Dial, seconds: float) -> Streams:
    try:
        async with asyncio.timeout(seconds):
            return await dial(talk.host, talk.port)
    except TimeoutError:
        raise Unreachable(f"no connection within {seconds:g} s") from None
    except OSError as error:
        raise Unreachable(f"the connection failed: {error.strerror or error}") from error


async def _spoken(
    talk: TcpDialogue, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, parts: list[bytes]
) -> None:
    if talk.starttls:
        await begin(talk.starttls, reader, writer)
    if talk.tls or talk.starttls:
        await writer.start_tls(context(protocols=talk.protocols), server_hostname=talk.host)
        agreed = writer.get_extra_info("ssl_object").selected_alpn_protocol()
        if talk.protocols and agreed not in talk.protocols:
            raise NotAnswered(f"the port does not negotiate {' or '.join(talk.protocols)}")
    for number, line in enumerate(talk.lines):
        said = line if isinstance(line, bytes) else line(tuple(parts))
        if not said and number:
            return
        writer.write(said)
        await writer.drain()
        parts.append(b"")
        # Kept piece by piece, so that what came is there when the time is over.
        while len(parts[-1]) < talk.limit and not talk.whole(parts[-1]):
            more = await reader.read(talk.limit - len(parts[-1]))
            if not more:
                return
            parts[-1] += more

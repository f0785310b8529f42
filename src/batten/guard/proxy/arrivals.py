"""Connections that begin with the PROXY protocol, before TLS or a request."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

from batten.guard.log import logger
from batten.guard.proxy.introduction import MOST_BLOCK, NotIntroduced, source, taken
from batten.guard.senders.trust import Trusted

_PAUSE = 1.0  # seconds, where a connection cannot be taken


@dataclass(slots=True)
class Arrivals:
    """Takes connections of trusted peers that introduce themselves in time; others are closed.

    The introduction is read from the socket to its last byte and no further: what comes next is TLS's.
    """

    trusted: Trusted
    made: Callable[[str], asyncio.Protocol]  # of an address that was told
    tls: ssl.SSLContext | None
    seconds: float  # for the introduction, and again for a handshake
    most: int  # connections that are not yet served
    _coming: set[asyncio.Task[None]] = field(default_factory=set)
    _warned: bool = False

    async def take(self, listener: socket.socket) -> None:
        """Until it is cancelled."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                try:
                    link, peer = await loop.sock_accept(listener)
                except OSError as error:
                    logger.error("a connection cannot be accepted: %s", error.strerror)
                    await asyncio.sleep(_PAUSE)
                    continue
                link.setblocking(False)
                if len(self._coming) >= self.most:
                    link.close()
                    continue
                coming = loop.create_task(self._one(link, str(peer[0]) if isinstance(peer, tuple) else ""))
                self._coming.add(coming)
                coming.add_done_callback(self._coming.discard)
        finally:
            listener.close()
            for coming in self._coming:
                coming.cancel()

    async def _one(self, link: socket.socket, peer: str) -> None:
        try:
            if not self.trusted.takes(peer):
                raise NotIntroduced("the peer is not trusted")
            client = source(await asyncio.wait_for(_introduction(link), self.seconds))
            handshake = self.seconds if self.tls is not None else None
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: self.made(client), link, ssl=self.tls, ssl_handshake_timeout=handshake
            )
        except NotIntroduced as problem:
            self._warn(peer, problem)
            link.close()
        except (OSError, TimeoutError, asyncio.CancelledError):
            link.close()

    def _warn(self, peer: str, problem: NotIntroduced) -> None:
        """Once: clients choose how often this happens."""
        if not self._warned:
            self._warned = True
            logger.warning("a connection from %s is closed: %s; further ones are not logged", peer, problem)


async def _introduction(link: socket.socket) -> bytes:
    data = b""
    while True:
        await _readable(link)
        seen = link.recv(MOST_BLOCK, socket.MSG_PEEK)
        if not seen:
            raise ConnectionResetError
        length, whole = taken(data + seen)
        data += link.recv(length - len(data))
        if whole:
            return data


async def _readable(link: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(link, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(link)

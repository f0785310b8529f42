"""HTTP/1.1 as it is on the wire: any verb, any target, headers in order, no redirects; all of it bounded."""

from __future__ import annotations

import asyncio
import ssl
import zlib
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import h11

from batten.live.exchange import (
    CertificateWanted,
    Headers,
    HungUp,
    NotAnswered,
    Request,
    Response,
    Unreachable,
)
from batten.live.tls.handshakes import context

BODY = 512 * 1024  # bytes of a body that are read, and of what it decodes to
HEAD = 64 * 1024  # bytes of a status line and headers
SECONDS = 10.0  # for a whole exchange
IDLE = 4  # connections kept a host

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Resolve = Callable[[str, int], Awaitable[tuple[str, int]]]


@dataclass(slots=True)
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    state: h11.Connection = field(
        default_factory=lambda: h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD)
    )
    used: bool = False
    address: str = ""

    def close(self) -> None:
        # At once: a goodbye over TLS would wait for the other side's.
        self.writer.transport.abort()


@dataclass(slots=True)
class Client:
    """A pool of connections. `resolve` turns a host and port into the address that may be dialled, or
    refuses; certificates are judged elsewhere, so a bad one does not hide the headers behind it."""

    resolve: Resolve
    seconds: float = SECONDS
    body: int = BODY
    secrets: tuple[str, ...] = ()  # what evidence of the answers must not show
    connections: int = 0  # opened so far
    _idle: dict[tuple[str, str, int], deque[_Connection]] = field(default_factory=dict)
    _context: ssl.SSLContext = field(default_factory=context)

    async def send(self, request: Request) -> Response:
        """One answer. NotAnswered with the reason when there is none within the bounds."""
        seconds = min(request.seconds or self.seconds, self.seconds)
        try:
            async with asyncio.timeout(seconds):
                return await self._send(request)
        except TimeoutError:
            raise NotAnswered(f"no complete answer within {seconds:g} s") from None
        except h11.RemoteProtocolError as error:
            raise NotAnswered(f"the answer is not valid HTTP/1.1: {error}") from error
        except h11.LocalProtocolError as error:
            raise NotAnswered(f"the request cannot be sent: {error}") from error
        except ssl.SSLError as error:
            raise refused(error) from error
        except OSError as error:
            raise NotAnswered(f"the connection failed: {error.strerror or error}") from error

    async def dial(self, host: str, port: int) -> Streams:
        """A TCP connection to the pinned address of a host that is in scope."""
        address, port = await self.resolve(host, port)
        self.connections += 1
        return await asyncio.open_connection(address, port, limit=HEAD)

    async def close(self) -> None:
        for waiting in self._idle.values():
            for connection in waiting:
                connection.close()
        self._idle.clear()
        await asyncio.sleep(0)

    async def _send(self, request: Request) -> Response:
        key = _key(request)
        waiting = deque() if request.alone else self._idle.setdefault(key, deque())
        while True:
            connection = waiting.pop() if waiting else await self._open(key)
            reused = connection.used
            try:
                response = await self._exchange(connection, request)
            except (_Hung, ConnectionError) as error:
                connection.close()
                if reused:
                    continue  # the server ended an idle connection: each is tried once only
                raise HungUp("the connection was closed without an answer") from error
            except BaseException:
                connection.close()
                raise
            self._keep(waiting, connection) if not request.alone else connection.close()
            return response

    async def _open(self, key: tuple[str, str, int]) -> _Connection:
        scheme, host, port = key
        try:
            reader, writer = await self.dial(host, port)
        except OSError as error:
            raise Unreachable(f"the connection failed: {error.strerror or error}") from error
        address = peer(writer)  # a connection that is over tells it no more
        try:
            if scheme == "https":
                await writer.start_tls(self._context, server_hostname=host)
        except BaseException:
            writer.close()
            raise
        return _Connection(reader, writer, address=address)

    def _keep(self, waiting: deque[_Connection], connection: _Connection) -> None:
        state = connection.state
        if len(waiting) < IDLE and state.our_state is h11.DONE and state.their_state is h11.DONE:
            state.start_next_cycle()
            connection.used = True
            waiting.append(connection)
        else:
            connection.close()

    async def _exchange(self, connection: _Connection, request: Request) -> Response:
        await _write(connection, request)
        head = await _head(connection)
        # What follows 101 is no HTTP any more, and the connection is not used again.
        raw, cut = (b"", False) if head.status_code == 101 else await self._body(connection)
        headers = tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in head.headers.raw_items())
        body, more = decoded(raw, headers, self.body)
        return Response(
            head.status_code,
            headers,
            body,
            request,
            head.reason.decode("latin-1"),
            head.http_version.decode("ascii"),
            cut or more,
            len(raw),
            self.secrets,
            connection.address,
        )

    async def _body(self, connection: _Connection) -> tuple[bytes, bool]:
        parts: list[bytes] = []
        size = 0
        while True:
            event = await _next(connection)
            if isinstance(event, h11.Data):
                parts.append(bytes(event.data))
                size += len(event.data)
                if size >= self.body:
                    return b"".join(parts)[: self.body], True
            elif (
                isinstance(event, h11.EndOfMessage)
                or event is h11.PAUSED
                or isinstance(event, h11.ConnectionClosed)
            ):
                return b"".join(parts), False


def refused(error: ssl.SSLError) -> NotAnswered:
    """Why TLS came to nothing. Servers of TLS 1.3 tell that they want a certificate when they are read from."""
    reason = str(error.reason or error)
    if "CERTIFICATE_REQUIRED" in reason:
        return CertificateWanted("the port requires a client certificate")
    return NotAnswered(f"TLS failed: {reason}")


def peer(writer: asyncio.StreamWriter) -> str:
    """The IP address at the other end."""
    name = writer.get_extra_info("peername")
    return str(name[0]) if name else ""


class _Hung(Exception):
    """The connection ended before the answer began."""


def _key(request: Request) -> tuple[str, str, int]:
    parts = urlsplit(request.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NotAnswered(f"{parts.scheme or 'a relative'} URL cannot be requested over HTTP")
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


async def _write(connection: _Connection, request: Request) -> None:
    headers = list(request.headers)
    if request.body and not any(n.lower() in ("content-length", "transfer-encoding") for n, _ in headers):
        headers.append(("Content-Length", str(len(request.body))))
    head = h11.Request(method=request.method, target=request.path, headers=headers)
    sent = connection.state.send(head) or b""
    if request.body:
        sent += connection.state.send(h11.Data(data=request.body)) or b""
    sent += connection.state.send(h11.EndOfMessage()) or b""
    connection.writer.write(sent)
    await connection.writer.drain()


async def _head(connection: _Connection) -> h11.Response | h11.InformationalResponse:
    """The final answer's head; interim answers (1xx) before it are passed over, up to a bound. 101 is final: it
    comes only where another protocol was asked for."""
    for _ in range(10):
        event = await _next(connection)
        if isinstance(event, h11.Response):
            return event
        if isinstance(event, h11.InformationalResponse) and event.status_code == 101:
            return event
        if isinstance(event, h11.ConnectionClosed):
            raise _Hung
    raise NotAnswered("the server sent only interim answers (1xx)")


async def _next(connection: _Connection) -> object:
    state = connection.state
    while (event := state.next_event()) is h11.NEED_DATA:
        before = state.their_state
        data = await connection.reader.read(65_536)
        if not data and before is h11.SEND_RESPONSE and not state.trailing_data[0]:
            raise _Hung
        state.receive_data(data)
    return event


def decoded(body: bytes, headers: Headers, limit: int = BODY) -> tuple[bytes, bool]:
    """The body without its content coding, cut at the limit; what cannot be decoded stays as it is."""
    coding = next((v for n, v in headers if n.lower() == "content-encoding"), "").strip().lower()
    if coding not in ("gzip", "x-gzip", "deflate") or not body:
        return body, False
    for window in (47, -15) if coding == "deflate" else (47,):
        unpacker = zlib.decompressobj(window)
        try:
            plain = unpacker.decompress(body, limit)
        except zlib.error:
            continue
        return plain, bool(unpacker.unconsumed_tail)
    return body, False

"""What a guard itself sends over ASGI."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from batten.guard.accounting import Reply
from batten.guard.verdicts import Headers

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MOST_REST, REST_SECONDS = 16_777_216, 2.0  # of a refused body that are read and thrown away
_CLOSING = frozenset((400, 413, 414, 431, 501))  # the connection may hold what nobody agreed upon


def relengthened(headers: Iterable[tuple[bytes, bytes]], length: int) -> list[tuple[bytes, bytes]]:
    """A request's headers for a body of another length."""
    told = b"%d" % length
    return [(name, told if name == b"content-length" else value) for name, value in headers]


def is_http1(scope: Message) -> bool:
    return str(scope.get("http_version", "1.1")).startswith("1")


def comes(headers: Headers) -> bool:
    """Whether a body comes behind the head of a request, whatever is answered: who expects 100 (Continue) waits first."""
    said = dict(headers)
    announced = b"transfer-encoding" in said or said.get(b"content-length", b"0") != b"0"
    return announced and b"expect" not in said


async def send_refusal(send: Send, reply: Reply, http1: bool, rest: Receive | None = None) -> None:
    """`rest` is where what is unread of the request's body comes from; None where there is nothing."""
    headers = reply.headers
    if http1 and reply.status in _CLOSING:
        headers = (*headers, (b"connection", b"close"))
    if rest is None or not http1:
        await send_answer(send, reply.status, headers, reply.body)
        return
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    # Granian ends an exchange with the last byte that Content-Length tells of.
    await send({"type": "http.response.body", "body": reply.body[:-1], "more_body": True})
    await _discard(rest)
    await send({"type": "http.response.body", "body": reply.body[-1:], "more_body": False})


async def _discard(rest: Receive) -> None:
    """Servers that close with unread bytes reset the connection, and a client that still sends may never see its answer. Loops
    other than asyncio's (Hypercorn with trio) have no clock that is known here."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    taken = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(REST_SECONDS):
            while taken <= MOST_REST:
                message = await rest()
                taken += len(message.get("body", b""))
                if not message.get("more_body", False):
                    return


async def send_closed(scope: Message, send: Send, status: int, headers: Headers, body: bytes) -> None:
    """Instead of a WebSocket; servers that cannot send an answer there send 403."""
    if "websocket.http.response" not in (scope.get("extensions") or {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body, "more_body": False})


async def send_answer(send: Send, status: int, headers: Headers, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})

"""What a guard itself sends over ASGI."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from batten.guard.books import Reply
from batten.guard.verdicts import Headers

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_CLOSING = frozenset((400, 413, 414, 431, 501))  # the connection may hold what nobody agreed upon


def relengthened(headers: Iterable[tuple[bytes, bytes]], length: int) -> list[tuple[bytes, bytes]]:
    """A request's headers for a body of another length."""
    told = b"%d" % length
    return [(name, told if name == b"content-length" else value) for name, value in headers]


def is_http1(scope: Message) -> bool:
    return str(scope.get("http_version", "1.1")).startswith("1")


async def send_refusal(send: Send, reply: Reply, http1: bool) -> None:
    headers = reply.headers
    if http1 and reply.status in _CLOSING:
        headers = (*headers, (b"connection", b"close"))
    await send_answer(send, reply.status, headers, reply.body)


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

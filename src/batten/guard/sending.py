"""What a guard itself sends over ASGI, counted and logged."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from batten.guard import log
from batten.guard.compiled import Compiled
from batten.guard.decisions import problem
from batten.guard.references import new_reference
from batten.guard.tally import Tally
from batten.guard.verdicts import Allow, Head, Headers, Refuse

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_CLOSING = frozenset((400, 413, 414, 431, 501))  # the connection may hold what nobody agreed upon


async def send_refusal(
    compiled: Compiled,
    tally: Tally,
    head: Head,
    verdict: Refuse,
    send: Send,
    http1: bool,
    allow: Allow | None = None,
) -> None:
    """What a refused request gets instead of an answer."""
    what, reference = name_of(head, allow), new_reference()
    tally.add(verdict.rule, what, enforced=True)
    log.refused(what, verdict, reference)
    headers, body = problem(compiled, verdict, reference, head.scheme == "https", allow)
    if http1 and verdict.status in _CLOSING:
        headers = (*headers, (b"connection", b"close"))
    await send_answer(send, verdict.status, headers, b"" if head.method == "HEAD" else body)


async def send_answer(send: Send, status: int, headers: Headers, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def name_of(head: Head, allow: Allow | None) -> str:
    """The operation, or what was asked for where there is none."""
    if allow is not None and allow.served is not None:
        return allow.served.label
    return f"{head.method} {head.raw_path.decode('latin-1')}"

"""How much a request may bring."""

from __future__ import annotations

import re

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

from batten.watch.access.cookies import header

_REPORTS = re.compile(r"/api/v1/environments/[^/]+/reports")
_OF_REPORTS = 64 * 1024 * 1024
_OF_PROGRAMS = 1024 * 1024
_OF_FORMS = 256 * 1024


class TooLarge(HTTPException):
    """More than an address takes."""

    def __init__(self, most: int) -> None:
        super().__init__(413, f"the request's body has more than {most:,} bytes")


def most(path: str) -> int:
    """The bytes that an address takes."""
    if _REPORTS.fullmatch(path):
        return _OF_REPORTS
    return _OF_PROGRAMS if path.startswith(("/api/", "/hooks/")) else _OF_FORMS


def bounded(scope: Scope, receive: Receive) -> Receive:
    """`receive`, which raises TooLarge when more comes than the address takes; at once, where the request says so itself."""
    limit = most(scope["path"])
    said = header(scope, b"content-length")
    if said.isascii() and said.isdigit() and (len(said) > 15 or int(said) > limit):
        raise TooLarge(limit)
    come = 0

    async def receiving() -> Message:
        nonlocal come
        message = await receive()
        come += len(message.get("body", b""))
        if come > limit:
            raise TooLarge(limit)
        return message

    return receiving

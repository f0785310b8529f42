"""The log-ins that a contract documents."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.contract import Contract, Operation, media_of
from batten.live.examples import call_of
from batten.live.logins import FORM, JSON, Login
from batten.live.writing.payloads import candidates

_PATH = re.compile(
    r"(?i)(?:log[-_]?in|sign[-_]?in|tokens?|sessions?|auth|authenticate|authentication|credentials)"
)
_USER = re.compile(r"(?i)^(?:user(?:[-_]?name)?|e?[-_]?mail(?:[-_]?address)?|login|account|identifier|name)$")
_PASSWORD = re.compile(r"(?i)^(?:pass(?:word|wd|phrase)?|pwd|secret)$")


def logins_of(contract: Contract) -> Iterator[Login]:
    """The log-ins that a contract documents."""
    for operation in contract.operations:
        last = operation.path.rstrip("/").rpartition("/")[2]
        if operation.method == "POST" and _PATH.fullmatch(last):
            yield from _login(operation, contract)


def _login(operation: Operation, contract: Contract) -> Iterator[Login]:
    for kind in (JSON, FORM):
        media = media_of(operation.body.media, kind) if operation.body is not None else None
        for value in candidates(media, contract) if media is not None and media.schema is not None else ():
            names = [n for n, v in value.items() if isinstance(v, str)] if isinstance(value, dict) else []
            user = next(filter(_USER.match, names), "")
            password = next(filter(_PASSWORD.match, names), "")
            if user and password:
                path = call_of(operation, contract)
                yield Login(f"POST {operation.path}", path, kind == FORM, value, user, password)
                return

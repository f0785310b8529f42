"""Documented log-ins, and what is sent to see whether guessing passwords is held up: those of a user that does not exist."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from secrets import token_hex, token_urlsafe
from urllib.parse import urlencode

from batten.contract import Contract, Operation, media_of
from batten.live.examples import call_of
from batten.live.exchange import Response
from batten.live.payloads import JSON, candidates
from batten.model.record import record

FORM = "application/x-www-form-urlencoded"
MOST = 2  # operations that are tried
_PATH = re.compile(
    r"(?i)(?:log[-_]?in|sign[-_]?in|tokens?|sessions?|auth|authenticate|authentication|credentials)"
)
_USER = re.compile(r"(?i)^(?:user(?:[-_]?name)?|e?[-_]?mail(?:[-_]?address)?|login|account|identifier|name)$")
_PASSWORD = re.compile(r"(?i)^(?:pass(?:word|wd|phrase)?|pwd|secret)$")
_WRONG = re.compile(
    r"(?i)invalid_grant|(?:incorrect|invalid|wrong|bad|unknown)\b.{0,40}\b(?:credential|password|user|login|e-?mail)"
    r"|(?:credential|password|user|login)s?\b.{0,40}\b(?:incorrect|invalid|wrong|not found|mismatch)|unauthori[sz]ed"
)
_HELD_UP = re.compile(r"(?i)too many|rate.?limit|try again|locked|blocked|captcha|throttl")


@record
class Login:
    """An operation that takes a user's name and password, and a value that its schema admits."""

    label: str
    path: str
    form: bool
    value: Mapping[str, object]
    user: str  # the names of the two
    password: str
    nobody: str = field(default_factory=lambda: f"batten-{token_hex(8)}")

    @property
    def media_type(self) -> str:
        return FORM if self.form else JSON

    def body(self) -> bytes:
        """The next guess: the same user, whom nobody is, and another password."""
        name = f"{self.nobody}@example.invalid" if "mail" in self.user.lower() else self.nobody
        said = {**self.value, self.user: name, self.password: f"{token_urlsafe(12)}-1aA"}
        return (urlencode(said) if self.form else json.dumps(said)).encode()


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


def refused(response: Response) -> bool:
    """Whether a log-in was refused because of its user or password, and not because of its form."""
    if response.status in (401, 403):
        return True
    return response.status in (200, 400, 404, 422) and bool(_WRONG.search(response.text[:2000]))


def held_up(response: Response, first: Response) -> bool:
    """Whether an answer shows that guessing is noticed."""
    if response.status == 429 or response.status != first.status or response.header("retry-after"):
        return True
    return bool(_HELD_UP.search(response.text[:2000])) and not _HELD_UP.search(first.text[:2000])

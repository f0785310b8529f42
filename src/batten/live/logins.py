"""What is sent to see whether guessing passwords is held up, and what the answers mean: the user does not exist."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import field
from secrets import token_hex, token_urlsafe
from urllib.parse import urlencode

from batten.live.exchange import Response
from batten.model.record import record

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MOST = 2  # operations that are tried
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

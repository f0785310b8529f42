"""How things that an active assessment creates are known again: names of test data, random for each run."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Any

from batten import masking
from batten.live.strings import FORMATS, WORD
from batten.model.record import record

Json = Any  # what a JSON document holds
MOST = 24  # texts of one body that are replaced
DEEPEST = 6

_PASSWORD = re.compile(
    r"(?i)(?:\w*_)?(?:pass(?:word|wd|phrase|code)?|pwd|secret|pin)(?:_?(?:confirm\w*|again))?"
)
_EMAIL = re.compile(r"(?i)(?:\w*_)?e_?-?mail(?:_?address)?")
_NAME = re.compile(
    r"(?i)(?:\w*_)?(?:name|title|label|login|user|subject|summary|description|comment|note|text|message|slug)"
    r"|(?:user|first|last|full|nick|display|given|family)name"
)


@record
class Label:
    """`name` is in every body that has room for it. The address is of a domain that has no mailboxes (RFC 2606, 3)."""

    name: str
    password: str

    @property
    def email(self) -> str:
        return f"{self.name}@example.com"


def fresh_label() -> Label:
    """A label of its own for each run."""
    password = f"{secrets.token_urlsafe(15)}-aA1"
    masking.register(password)
    return Label(f"batten-{secrets.token_hex(5)}", password)


def labelled(value: Json, label: Label, admitted: Callable[[Json], bool]) -> Json:
    """The value with its names, addresses of mail and passwords replaced, as far as it stays `admitted`."""
    marker = _Marker(label, admitted, value)
    marker.walk(value, (), DEEPEST)
    return marker.value


class _Marker:
    """Replaces one text after the other, and keeps each replacement that the contract admits."""

    def __init__(self, label: Label, admitted: Callable[[Json], bool], value: Json) -> None:
        self.label, self.admitted, self.value = label, admitted, value
        self.left = MOST

    def walk(self, value: Json, path: tuple[str | int, ...], deep: int) -> None:
        inside: list[tuple[str | int, Json]] = []
        if isinstance(value, dict):
            inside = list(value.items())
        elif isinstance(value, list):
            inside = list(enumerate(value))
        for key, held in inside if deep else ():
            here = (*path, key)
            if isinstance(held, str):
                self._text(held, here)
            else:
                self.walk(held, here, deep - 1)

    def _text(self, held: str, path: tuple[str | int, ...]) -> None:
        # What stands in a text's place, "" where it stays.
        key = str(path[-1])
        label = self.label
        if _PASSWORD.fullmatch(key):
            wanted = label.password
        elif _EMAIL.fullmatch(key) or held == FORMATS["email"]:
            wanted = label.email
        else:
            wanted = label.name if _NAME.fullmatch(key) or held.startswith(WORD) else ""
        if not wanted or self.left <= 0:
            return
        self.left -= 1
        made = _with(self.value, path, wanted)
        if self.admitted(made):
            self.value = made


def _with(value: Json, path: tuple[str | int, ...], text: str) -> Json:
    """A copy with another text at the path."""
    if not path:
        return text
    first, *rest = path
    if isinstance(value, dict):
        return {k: _with(v, tuple(rest), text) if k == first else v for k, v in value.items()}
    return [_with(v, tuple(rest), text) if i == first else v for i, v in enumerate(value)]

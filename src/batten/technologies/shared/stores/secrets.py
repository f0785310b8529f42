"""Passwords that a store's own files hold."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls._guessing import guessed
from batten.facts import Secret
from batten.model import Location
from batten.technologies.shared.secrets import credentials


def written_out(at: Location, name: str, text: str, user: str = "") -> Iterator[Secret]:
    """The password, unless the text only stands for one. It is looked at, and not kept."""
    if not credentials.placeholder(text):
        held = credentials.Found("password", guessed("password", text, user=user))
        yield credentials.secret(at, name, held, "config")

"""The variables of a `.env` that Laravel's own settings read, beside those that every reader of such files knows.

Source: https://github.com/laravel/laravel/blob/12.x/config/session.php.
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Cookie
from batten.formats import Workspace
from batten.formats.env import parse_env
from batten.model import UNKNOWN, Location, Setting

_FLAGS = {"SESSION_SECURE_COOKIE": "secure", "SESSION_HTTP_ONLY": "http_only"}
_OFF = ("false", "(false)")


def variables(path: str, workspace: Workspace) -> Iterator[Cookie]:
    """The flags of the session's cookie that are written as off. Raises SyntaxProblem and Unreadable."""
    for pair in workspace.document(path, parse_env).tree:
        flag = _FLAGS.get(pair.key)
        if flag is None or (pair.value or "").strip().lower() not in _OFF:
            continue
        at = Location(path, pair.key, pair.value_span)
        off, unknown = Setting(False, at), Setting[bool](UNKNOWN, at)
        yield Cookie(
            at,
            name="(named after the application)",
            secure=off if flag == "secure" else unknown,
            http_only=off if flag == "http_only" else unknown,
            same_site=Setting(UNKNOWN, at),
        )

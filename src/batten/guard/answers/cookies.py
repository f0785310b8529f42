"""Flags that a cookie should have had."""

from __future__ import annotations

import re

_SESSION = re.compile(
    rb"sess|(?:^|[._-])sid(?:$|[._-])|auth|token|jwt|remember|login|credential", re.IGNORECASE
)
_FOR_SCRIPTS = re.compile(rb"csrf|xsrf", re.IGNORECASE)  # double-submit tokens: a script must read them


def hardened(cookie: bytes) -> bytes:
    """A Set-Cookie value with Secure, HttpOnly where its name is a session's, and SameSite if it has none."""
    parts = [part.strip() for part in cookie.split(b";")]
    flags = {part.partition(b"=")[0].strip().lower() for part in parts[1:]}
    if b"secure" not in flags:
        parts.append(b"Secure")
    if b"httponly" not in flags and is_session(parts[0].partition(b"=")[0].strip()):
        parts.append(b"HttpOnly")
    if b"samesite" not in flags:
        parts.append(b"SameSite=Lax")
    return b"; ".join(part for part in parts if part)


def is_session(name: bytes) -> bool:
    return _SESSION.search(name) is not None and _FOR_SCRIPTS.search(name) is None

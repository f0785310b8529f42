"""The cookies of sessions. `__Host-` lets browsers take them over TLS alone, from this host alone, for all of it
(RFC 6265bis, 4.1.3.2); over plain HTTP on loopback, where not every browser takes `Secure` cookies, they have no prefix."""

from __future__ import annotations

from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import Scope

from batten.watch.access.hosts import is_loopback
from batten.watch.settings import Settings

SESSION = "batten"
DEVICE = "batten-known"  # that a user has logged in here before (`throttle`)
SIGN_IN = "batten-oidc"  # a sign-in that is under way


def is_secure(scope: Scope, settings: Settings) -> bool:
    """Whether cookies are for TLS alone: always, but where the service itself is asked on loopback without TLS."""
    plain = scope["scheme"] == "http" and is_loopback(header(scope, b"host"))
    return not plain or settings.url.startswith("https://")


def sent(scope: Scope, name: str, secure: bool) -> str:
    """The value of a cookie of ours; "" where it is not there."""
    given = "; ".join(value.decode("latin-1") for key, value in scope["headers"] if key == b"cookie")
    return cookie_parser(given).get(_named(name, secure), "")


def put(response: Response, name: str, value: str, secure: bool, seconds: int) -> None:
    """Set a cookie for so many seconds."""
    response.set_cookie(
        _named(name, secure), value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="lax"
    )


def drop(response: Response, name: str, secure: bool) -> None:
    """Take a cookie back."""
    response.delete_cookie(_named(name, secure), path="/", secure=secure, httponly=True, samesite="lax")


def header(scope: Scope, name: bytes) -> str:
    """The value of a request's header; "" where it is not there, or there more than once."""
    values = [value for key, value in scope["headers"] if key == name]
    return values[0].decode("latin-1") if len(values) == 1 else ""


def _named(name: str, secure: bool) -> str:
    return f"__Host-{name}" if secure else name

"""Rules about answers: headers that do not get out, those that every answer has, and errors in the API's stead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from batten.contract.surface import DECLARABLE, OWN
from batten.harden.documents import Says
from batten.harden.edge import Cors
from batten.harden.edges.haproxy.requests import ROUTE, Ways
from batten.harden.edges.haproxy.text import listed, quoted, refused

CLOSING = (400, 413, 414, 415, 417, 431, 501)  # the connection may hold what nobody agreed upon
# What goes to one connection only, and what names the server.
ALWAYS_HIDDEN = ("server", "keep-alive", "proxy-authenticate")
_COOKIE = {"Secure": "secure", "HttpOnly": "httponly", "SameSite=Lax": "samesite"}


def hidden(names: Iterable[str]) -> Iterator[str]:
    every = sorted({*(name.lower() for name in names), *ALWAYS_HIDDEN})
    return (f"http-response del-header {name}" for name in every)


def sent(values: Mapping[str, str], cors: Cors | None) -> Iterator[str]:
    """With every answer, errors included."""
    yield from (f'http-after-response set-header {name} "{value}"' for name, value in values.items())
    yield f"http-after-response set-header Connection close if {{ status {' '.join(map(str, CLOSING))} }}"
    if cors is not None:
        yield "http-after-response set-header Vary Origin"
        yield "http-after-response set-header Access-Control-Allow-Origin %[var(txn.origin)] if listed"


def exposed(ways: Ways, cors: Cors | None) -> Iterator[str]:
    """To scripts of listed origins, but not in the answers to their preflights."""
    for key, path in ways:
        if cors is not None and path.response_headers:
            names = ", ".join(path.response_headers)
            asks = f"listed !preflight {{ {ROUTE} -m str {key} }}"
            yield f'http-after-response set-header Access-Control-Expose-Headers "{names}" if {asks}'


def credentials(cors: Cors | None) -> Iterator[str]:
    if cors is not None and cors.credentials:
        yield 'http-after-response set-header Access-Control-Allow-Credentials "true" if listed'


def instead(ways: Ways, says: Says) -> Iterator[str]:
    """Errors that are always the edge's own, and those that the contract does not declare."""
    declaring: dict[int, list[str]] = {status: [] for status in DECLARABLE}
    for key, path in ways:
        for status in DECLARABLE:
            if status not in path.errors:
                declaring[status].append(key)
    for status in sorted((*OWN, *DECLARABLE)):
        keys = declaring.get(status, [])
        yield from listed(f"declares_{status}", ROUTE, keys)
        told = f" !declares_{status}" if keys else ""
        yield f"http-response {refused(status, says)} if {{ status {status} }}{told}"


def cookies() -> Iterator[str]:
    """Attributes that a cookie of the API lacks."""
    for attribute, name in _COOKIE.items():
        lacking = quoted(rf"^((?:(?!;\s*{name}\b).)*)$")
        yield f"http-response replace-header Set-Cookie {lacking} '\\1; {attribute}'"

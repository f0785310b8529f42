"""Requests that another site made a browser send: refused by where they come from, and by a token that only our own pages know.

Two looks, because each has a gap: `Sec-Fetch-Site` is missing where the page is not trustworthy to the browser, `Origin` in old
browsers, and a token can leak with a page.
"""

from __future__ import annotations

import hmac
from urllib.parse import parse_qsl, urlsplit

from starlette.types import Message, Receive, Scope

from batten.watch.access.cookies import header

FIELD = "csrf"
HEADER = b"x-csrf-token"
_FIELDS = 1_000


def from_here(scope: Scope, url: str, secure: bool) -> bool | None:
    """Whether a browser says that the request comes from a page of ours; None where it says nothing."""
    site, origin = header(scope, b"sec-fetch-site"), header(scope, b"origin")
    if site and site != "same-origin":
        return False
    if origin:
        return origin in _own(scope, url, secure)
    return True if site else None


def _own(scope: Scope, url: str, secure: bool) -> list[str]:
    parts = urlsplit(url)
    own = [f"{parts.scheme}://{parts.netloc}"] if url else []
    schemes = ("https",) if secure else ("http", "https")
    return own + [f"{scheme}://{header(scope, b'host').lower()}" for scheme in schemes]


async def brings(scope: Scope, receive: Receive, token: str) -> tuple[bool, Receive]:
    """Whether a request brings the session's token in its header or in its form; and what the rest reads the body from."""
    given = header(scope, HEADER)
    if not given and header(scope, b"content-type").startswith("application/x-www-form-urlencoded"):
        body = await _whole(receive)
        given, receive = _field(body), _again(body, receive)
    return hmac.compare_digest(given.encode("utf-8", "replace"), token.encode()), receive


def _field(body: bytes) -> str:
    try:
        fields = parse_qsl(body.decode("utf-8", "replace"), max_num_fields=_FIELDS)
    except ValueError:
        return ""
    return next((value for name, value in fields if name == FIELD), "")


async def _whole(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body"):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    rest: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receiving() -> Message:
        return rest.pop() if rest else await receive()

    return receiving

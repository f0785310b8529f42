"""WebSocket handshakes: how they are sent, and what their answers show (RFC 6455, 4.1 and 10.2).

A browser lets pages of any site open a WebSocket to any server and sends that server's cookies with the handshake: only the
server can refuse, by the Origin. Nothing is sent after the handshake.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from hashlib import sha1
from itertools import islice
from urllib.parse import urlsplit

from batten.facts import SocketOpened
from batten.live.documents import scripts
from batten.live.evidence import Sight
from batten.live.exchange import Headers, Request, Response, header
from batten.live.rebinding import inside
from batten.live.survey import CHANGES, NOBODY

KEY = base64.b64encode(b"batten-handshake").decode()  # sixteen bytes: no secret, and cached by nobody
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
SECONDS = 5.0  # for the answer to a handshake
PLACES = 100  # of one script, at which a WebSocket is made or named
MOST = 6  # paths that one page or script names
_QUOTED = re.compile(r"[\"'`]([^\"'`\s]{1,250})[\"'`]")
_PLACE = re.compile(r"\$\{[^{}]{0,80}\}")  # of a value that the script fills in
_PATH = re.compile(r"/[\w.~/-]{1,200}(?:\?[\w.~=&-]{1,100})?")
_OPENS = re.compile(r"WebSocket\s*\(|wss?://")
_AROUND = 150  # characters before and behind a WebSocket that is made, in which its path is written


def handshake(url: str, protocols: str = "", origin: str = NOBODY, more: Headers = ()) -> Request:
    """The handshake as a browser makes it for a page of this origin."""
    headers: Headers = (
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", KEY),
        ("Origin", origin),
        *((("Sec-WebSocket-Protocol", protocols),) if protocols else ()),
        *more,
    )
    return Request("GET", url, headers, anonymous=True, alone=True, seconds=SECONDS)


def opened(response: Response) -> bool:
    """Whether the other side is a WebSocket server that took the handshake, by the digest of the key."""
    proof = accepted(header(response.request.headers, "sec-websocket-key"))
    return response.status == 101 and response.header("sec-websocket-accept").strip() == proof


def accepted(key: str) -> str:
    """The protocol's own digest: it proves that a server knows it, and keeps nothing secret."""
    return base64.b64encode(sha1((key + _GUID).encode(), usedforsecurity=False).digest()).decode()


def socket_facts(seen: Sight) -> Iterator[SocketOpened]:
    """A handshake that was accepted, of an origin that is not the server's own."""
    request = seen.request
    origin = header(request.headers, "origin")
    if not opened(seen.response) or not origin or origin == request.origin:
        return
    yield SocketOpened(
        seen.at("response to a WebSocket handshake"),
        path=urlsplit(request.url).path or "/",
        origin=origin,
        cookie=bool(header(request.headers, "cookie")),
        inside=inside(seen.response),
    )


def named(text: str) -> list[str]:
    """Paths that are written beside a WebSocket that a script makes; none that sounds like a deed."""
    found: dict[str, None] = {}
    for match in islice(_OPENS.finditer(text), PLACES):
        near = text[max(0, match.start() - _AROUND) : match.end() + _AROUND]
        found |= dict.fromkeys(filter(None, map(_path, _QUOTED.findall(near))))
        if len(found) >= MOST:
            break
    return list(found)[:MOST]


def _path(written: str) -> str:
    """The path of a string that is one, or a WebSocket's address; values that are filled in are taken for its scheme
    and host only."""
    scheme, found, place = _PLACE.sub("x", written).partition("://")
    if found and scheme not in ("ws", "wss", "x"):
        return ""
    path = f"/{place.partition('/')[2]}" if found else scheme.removeprefix("x")
    return path if _PATH.fullmatch(path) and "//" not in path and not CHANGES.search(path) else ""


def of_page(response: Response) -> tuple[list[str], list[str]]:
    """The paths of WebSockets that a page names itself, and the scripts of its own origin to look at."""
    page = response.status == 200 and response.media_type == "text/html"
    return (named(response.text), scripts(response)) if page else ([], [])

"""WebSockets: handshakes at declared paths go to locations of their own, where the upgrade is forwarded; nowhere else is one.

https://nginx.org/en/docs/http/websocket.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from batten.contract.surface import Path
from batten.harden.edge import QUIET, Edge
from batten.harden.edges.nginx.text import block, quoted, table
from batten.harden.handshakes import NAMED, PROTOCOL, VERSION

ASIDE = 597  # no status of HTTP: how a request gets to a location that has a name
UPGRADE, CONNECTION = "$to_upgrade", "$to_connection"  # what the upstream gets
_HEAD = ("$request_method", "$http_upgrade", "$http_connection", "$http_sec_websocket_version", "$http_content_length$http_transfer_encoding")  # fmt: skip


def maps(edge: Edge) -> Iterator[str]:
    if not edge.sockets:
        return
    yield "# WebSocket handshakes (RFC 6455), the paths that take them, and pages that may open none."
    asks = quoted(rf"~*^GET\|{PROTOCOL}\|{NAMED}\|{VERSION}\|$")
    yield from table(f'"{"|".join(_HEAD)}"', "$handshake", ((asks, "1"),))
    yield from block('map "$handshake$uri" $socket', ("volatile;", 'default "";', *_rows(edge)))
    known = ((quoted(f"~^{re.escape(origin)}$"), "") for origin in edge.openers)
    yield from table("$http_origin", "$foreign_page", (('""', ""), *known), "1")
    yield ""


def _rows(edge: Edge) -> Iterator[str]:
    """In the order in which paths are tried; one that takes none keeps those after it from taking its handshakes."""
    for path, name in ways(edge):
        pattern = path.pattern or f"^{re.escape(path.fixed)}$"
        yield f"{quoted(f'~^1{pattern[1:]}')} {quoted(f'@{name}' if name else '')};"


def ways(edge: Edge) -> Iterator[tuple[Path, str]]:
    """By what their locations are called."""
    yield from ((path, f"socket_{number}") for number, path in enumerate(edge.listed, 1))
    last = max((number for number, route in enumerate(edge.routes, 1) if route.socket), default=0)
    later = [route.path for route in edge.routes[:last] if route.socket]
    for number, route in enumerate(edge.routes[:last], 1):
        if route.socket:
            yield route.path, f"socket_r{number}"
        elif any(_may_be_both(route.path.template, path.template) for path in later):
            yield route.path, ""


def _may_be_both(one: str, other: str) -> bool:
    parts, others = one.split("/"), other.split("/")
    pairs = zip(parts, others, strict=False)
    return len(parts) == len(others) and all(a == b or "{" in a + b for a, b in pairs)


def opened(edge: Edge) -> Iterator[str]:
    """Before any location is looked for. The directive of errors is replaced in every location, so that no other answer gets there."""
    if edge.sockets:
        yield ""
        yield "# Handshakes of WebSockets at the paths that take them."
        yield f'set {UPGRADE} "";'
        yield f'set {CONNECTION} "";'
        yield f"error_page {ASIDE} = $socket;"
        yield "# Errors of those locations have their documents, too."
        yield "recursive_error_pages on;"
        yield from block("if ($socket)", (f"return {ASIDE};",))


def forwarded(edge: Edge) -> Iterator[str]:
    """What the upstream is told of an upgrade."""
    yield f"proxy_set_header Connection {CONNECTION if edge.sockets else quoted('')};"
    if edge.sockets:
        yield f"proxy_set_header Upgrade {UPGRADE};"


def inside(answered: Iterable[str]) -> Iterator[str]:
    """`answered` is how the upstream is asked, and which of its answers are replaced."""
    yield from block("if ($foreign_page)", ("return 403;",))
    yield f"set {UPGRADE} {PROTOCOL};"
    yield f"set {CONNECTION} upgrade;"
    yield f"proxy_read_timeout {QUIET}s;"
    yield from answered

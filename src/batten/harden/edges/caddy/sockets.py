"""WebSockets: an upgrade is forwarded for handshakes at the paths that take them, and nowhere else.

https://caddyserver.com/docs/caddyfile/directives/reverse_proxy (Caddy forwards every upgrade whose header it still has)
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.contract.surface import Path
from batten.harden.edge import QUIET, Edge
from batten.harden.edges.caddy.paths import spelled
from batten.harden.edges.caddy.text import block, commented, line
from batten.harden.edges.caddy.upstream import forwarded
from batten.harden.handshakes import BODIES, NAMED, PROTOCOL, VERSION

UPGRADE = "Upgrade"


def handshakes(edge: Edge) -> Iterator[str]:
    """The upgrade of a request that is not a handshake is removed first."""
    if edge.sockets:
        yield "# Only handshakes of WebSockets (RFC 6455) keep their upgrade."
        yield from block("@no_handshake", block("not", _asks()))
        yield f"request_header @no_handshake -{UPGRADE}"


def _asks() -> Iterator[str]:
    yield "method GET"
    yield line("header_regexp", UPGRADE, f"^(?i){PROTOCOL}$")
    yield line("header_regexp", "Connection", f"^(?i){NAMED}$")
    yield line("header", "Sec-WebSocket-Version", VERSION)
    yield line("expression", " && ".join(f'{{http.request.header.{name}}} == ""' for name in BODIES))


def opened(key: str, path: Path, edge: Edge) -> Iterator[str]:
    """At one path; pages of other origins are refused."""
    yield f"# WebSockets of {commented(path.template)}"
    yield from block(f"@{key}", (line("path_regexp", spelled(path)), f"header {UPGRADE} *"))
    spared = (line("not", "header", "Origin", origin) for origin in edge.openers)
    yield from block(f"@{key}_foreign", ("header Origin *", *spared))
    lines = (f"error @{key}_foreign 403", *forwarded(key, path, edge, quiet=QUIET))
    yield from block(f"handle @{key}", block("route", lines))

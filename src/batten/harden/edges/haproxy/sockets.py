"""Rules for WebSockets: an upgrade is forwarded for handshakes at the paths that take them, and nowhere else.

https://docs.haproxy.org/3.0/configuration.html (`timeout tunnel`). Handshakes of HTTP/2 (RFC 8441) are to rules, and to the upstream,
what those of HTTP/1.1 are.
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.contract.surface import Path
from batten.harden.documents import Says
from batten.harden.edge import QUIET, Edge
from batten.harden.edges.haproxy.requests import ROUTE, matched
from batten.harden.edges.haproxy.text import listed, refused
from batten.harden.handshakes import BODIES, PROTOCOL, VERSION

HANDSHAKE, SOCKET = "{ var(txn.handshake) -m bool }", "{ var(txn.socket) -m bool }"
_ENDING = 10  # seconds that one side has when the other has ended


def beside(edge: Edge) -> tuple[tuple[str, Path], ...]:
    """Paths of WebSockets that are no routes, by names of their own."""
    return tuple((f"s{number}", path) for number, path in enumerate(edge.listed, 1))


def timeouts(edge: Edge) -> Iterator[str]:
    """Of a connection that was upgraded."""
    if edge.sockets:
        yield f"timeout tunnel {QUIET}s"
        yield f"timeout client-fin {_ENDING}s"
        yield f"timeout server-fin {_ENDING}s"


def handshakes(edge: Edge) -> Iterator[str]:
    """Before routes are looked for, since those beside them count first."""
    if not edge.sockets:
        return
    yield "# Handshakes of WebSockets (RFC 6455)."
    asks = (
        "{ method GET }",
        "{ req.hdr_cnt(upgrade) eq 1 }",
        f"{{ req.hdr(upgrade) -m str -i {PROTOCOL} }}",
        "{ req.hdr(connection) -m str -i upgrade }",
        f"{{ req.fhdr(sec-websocket-version) -m str {VERSION} }}",
        *(f"!{{ req.hdr({name.lower()}) -m found }}" for name in BODIES),
    )
    yield f"http-request set-var(txn.handshake) bool(true) if {' '.join(asks)}"
    for key, path in beside(edge):
        yield f"http-request set-var(txn.route) str({key}) if {HANDSHAKE} !{{ {ROUTE} -m found }} {matched(path)}"


def opened(edge: Edge, says: Says) -> Iterator[str]:
    """When the route is known: pages of other origins are refused."""
    if edge.sockets:
        declared = (f"r{number}" for number, route in enumerate(edge.routes, 1) if route.socket)
        yield from listed("sockets", ROUTE, (*dict(beside(edge)), *declared))
        yield f"http-request set-var(txn.socket) bool(true) if {HANDSHAKE} sockets"
        yield from listed("openers", "req.fhdr(origin)", edge.openers)
        yield f"http-request {refused(403, says)} if {SOCKET} {{ req.hdr(origin) -m found }} !openers"


def forwarded(edge: Edge) -> Iterator[str]:
    """After all that is of one connection was removed."""
    if edge.sockets:
        yield f"http-request set-header Upgrade {PROTOCOL} if {SOCKET}"
        yield f"http-request set-header Connection upgrade if {SOCKET}"

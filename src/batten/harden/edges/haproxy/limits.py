"""Limits of one address, and of bodies. https://docs.haproxy.org/3.0/configuration.html"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from batten.harden.documents import Says
from batten.harden.edge import BODY, QUIET, Edge, Route
from batten.harden.edges.haproxy import clients
from batten.harden.edges.haproxy.requests import ROUTE
from batten.harden.edges.haproxy.text import listed, refused

BUFFER = 65_536  # bytes: the largest head, and what of a body without a length is looked at
ROOM = 16_384  # bytes of the buffer that heads and rewriting need
COUNTED = BUFFER - ROOM
CONNECTIONS = 1_500  # of the whole process; each takes two descriptors
WINDOW = 3  # seconds in which requests are counted, so that a page's burst passes
ADDRESS = "src,ipmask(32,64)"  # a network of IPv6 is one client
MOST_ADDRESSES = "100k"
UNSIZED = "{ var(txn.unsized) -m bool }"


def addresses(edge: Edge, says: Says, table: str = "") -> Iterator[str]:
    """Requests and connections by address; those of `table`, or in a table of this section's own. Behind proxies that say
    in each request whose it is, requests at a time are counted in place of connections."""
    if not table:
        yield f"stick-table type ipv6 size {MOST_ADDRESSES} expire 1m store conn_cur,http_req_rate({WINDOW}s)"
    tracked = f"track-sc0 {ADDRESS}{f' table {table}' if table else ''}"
    most = f"{{ sc_conn_cur(0) gt {edge.connections} }}"
    if edge.proxies and not edge.proxy_protocol:
        yield from clients.forwarded(edge.proxies)
        yield f"http-request {tracked}"
        yield f"http-request {refused(429, says, {'Retry-After': '1'})} if {most}"
        return
    when = "connection"
    if edge.proxies:
        yield from clients.announced(edge.proxies)
        when = "session"  # after that header
    yield f"tcp-request {when} {tracked}"
    yield f"tcp-request {when} reject if {most}"


def rate(edge: Edge, says: Says) -> Iterator[str]:
    too_many = f"{{ sc_http_req_rate(0) gt {WINDOW * edge.rate} }}"
    yield f"http-request {refused(429, says, {'Retry-After': str(WINDOW)})} if {too_many}"


def streams(routes: Iterable[tuple[str, Route]], side: str) -> Iterator[str]:
    """A stream of events may be quiet for longer than an answer. The frontend waits for the client, the backend for the server."""
    keys = [key for key, route in routes if route.stream]
    if keys:
        yield from listed("streams", ROUTE, keys)
        yield f"http-request set-timeout {side} {QUIET}s if streams"


def bodies(routes: Iterable[tuple[str, Route]], says: Says) -> Iterator[str]:
    """By the length that is told; without one a body is counted as far as a buffer goes, and longer ones get 411."""
    by_size: dict[int, list[str]] = {}
    for key, route in routes:
        by_size.setdefault(route.body, []).append(key)
    for size, keys in sorted(by_size.items()):
        yield from listed(f"takes_{size}", ROUTE, keys)
        yield f"http-request {refused(413, says)} if takes_{size} {{ req.body_size gt {size} }}"
    # Of a body without a length the end, or as much as a buffer holds; HAProxy itself ends what sends neither in
    # time.
    told = "{ fc_http_major ge 2 } !{ req.hdr(content-length) -m found } or { req.hdr(transfer-encoding) -m found }"
    yield f"http-request set-var(txn.unsized) bool(true) if {told}"
    yield f"http-request wait-for-body time {BODY}s at-least {COUNTED} if {UNSIZED}"
    for size in sorted(by_size):
        if size < COUNTED:
            yield f"http-request {refused(413, says)} if {UNSIZED} takes_{size} {{ req.body_len gt {size} }}"
        else:
            yield f"http-request {refused(411, says)} if {UNSIZED} takes_{size} {{ req.body_len ge {COUNTED} }}"

"""Addresses of clients behind proxies. https://docs.haproxy.org/3.0/configuration.html"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

MOST_HOPS = 4  # proxies one behind another
MOST_WORDS = 50  # of a line, which has 64 at most
ADDRESSES = "x-forwarded-for"


def believed(networks: tuple[str, ...], protocol: bool) -> Iterator[str]:
    """Lines of a frontend that limits no client."""
    if networks:
        yield from announced(networks) if protocol else forwarded(networks)


def announced(networks: Iterable[str]) -> Iterator[str]:
    """Connections of proxies begin with a PROXY header; those of others have none, and keep their own address."""
    yield from _proxies(networks)
    yield "tcp-request connection expect-proxy layer4 if proxies"


def forwarded(networks: Iterable[str]) -> Iterator[str]:
    """The last address that does not belong to a proxy. Each step needs the one before: what is no address ends the walk, and
    what stands in front of it may be written by any client."""
    yield "# Addresses of clients, as these proxies say them; other clients are not believed."
    yield from _proxies(networks)
    for hop in range(1, MOST_HOPS + 1):
        before = f" {{ var(txn.hop{hop - 1}) -m found }}" if hop > 1 else ""
        yield f"http-request set-var(txn.hop{hop}) req.hdr_ip({ADDRESSES},-{hop}) if proxies{before}"
        yield f"http-request set-src var(txn.hop{hop}) if proxies {{ var(txn.hop{hop}) -m found }}"


def _proxies(networks: Iterable[str]) -> Iterator[str]:
    found = list(networks)
    for start in range(0, len(found), MOST_WORDS):
        yield f"acl proxies src {' '.join(found[start : start + MOST_WORDS])}"

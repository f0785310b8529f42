"""Addresses of clients: the connection's own, or what proxies say of it.

https://doc.traefik.io/traefik/reference/install-configuration/entrypoints/ (`forwardedHeaders`, `proxyProtocol`),
https://doc.traefik.io/traefik/reference/routing-configuration/http/middlewares/ratelimit/#sourcecriterionipstrategy
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from batten.harden.edge import Edge
from batten.harden.forwarded import LAST

Json = Any
CONNECTIONS, RATE, TOLD = (
    "connections",
    "rate",
    "-told",
)  # names of middlewares, and what those that count clients end in
PLAIN = "came-plain"
NOTES = (
    "behind proxies that write X-Forwarded-For the API gets the whole list, and behind it the proxy's address, without X-Real-IP: let the "
    "API count from the right, for clients can write what stands first. With --proxy-protocol it gets one address",
    "an address that a proxy writes with a port is not taken: such requests count as the proxy's",
)


def told(edge: Edge) -> bool:
    """Whether proxies write a header."""
    return bool(edge.proxies) and not edge.proxy_protocol


def believed(edge: Edge) -> Json:
    """Options of an entry point: from other senders, what is said of a client's address is dropped."""
    if edge.proxy_protocol:
        return {"proxyProtocol": {"trustedIPs": list(edge.proxies)}, "forwardedHeaders": {"insecure": False}}
    trusted = {"trustedIPs": list(edge.proxies)} if edge.proxies else {}
    return {"forwardedHeaders": {"insecure": False, **trusted}}


def limits(edge: Edge) -> Iterator[tuple[str, Json]]:
    """By the address of the connection, and by the last of a list that does not belong to a proxy."""
    by_address = {"sourceCriterion": {"ipStrategy": {"depth": 0}}}
    often = {"average": edge.rate, "burst": 2 * edge.rate, "period": "1s"}
    yield CONNECTIONS, {"inFlightReq": {"amount": edge.connections, **by_address}}
    yield RATE, {"rateLimit": often}
    if told(edge):
        by_list = {"sourceCriterion": {"ipStrategy": {"excludedIPs": list(edge.proxies)}}}
        yield f"{CONNECTIONS}{TOLD}", {"inFlightReq": {"amount": edge.connections, **by_list}}
        yield f"{RATE}{TOLD}", {"rateLimit": {**often, **by_list}}
        yield PLAIN, {"headers": {"customRequestHeaders": {"X-Forwarded-Proto": "http"}}}


def overwritten(edge: Edge) -> Json:
    """What Traefik leaves of headers of proxies, which may have them from clients."""
    own = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": edge.names[0], "X-Real-Ip": ""}
    return own if told(edge) else {}


def counted(edge: Edge, routers: Iterable[tuple[str, Json]]) -> Iterator[tuple[str, Json]]:
    """Each router, and before it one for requests that say of whom they are: without a list all of them would be of one client
    for a limit that looks for one."""
    for name, router in routers:
        if not told(edge):
            yield name, router
            continue
        lowest = 2 * router["priority"]
        listed = f"{router['rule']} && HeaderRegexp(`X-Forwarded-For`, `{LAST}`)"
        stack = [f"{one}{TOLD}" if one in (CONNECTIONS, RATE) else one for one in router["middlewares"]]
        yield f"{name}{TOLD}", {**router, "rule": listed, "middlewares": stack, "priority": lowest + 1}
        yield name, {**router, "priority": lowest}


def before_redirect(edge: Edge) -> list[str]:
    """A proxy that says a request came by TLS would keep it from being redirected there."""
    return [PLAIN] if told(edge) else []

"""Which containers can be reached, by whom, and over which ports."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from batten.controls._registry import control
from batten.facts import Network, PublishedPort, Stack, Store, Workload
from batten.model import (
    Bind,
    Kind,
    Severity,
    TurnOn,
    Violation,
)

_EDGES = frozenset(
    [
        "nginx",
        "nginxinc/nginx-unprivileged",
        "haproxy",
        "httpd",
        "traefik",
        "envoyproxy/envoy",
        "caddy",
        "kong",
        "kong/kong",
        "apache/apisix",
        "jwilder/nginx-proxy",
        "nginxproxy/nginx-proxy",
        "openresty/openresty",
    ]
)


def _is_edge(workload: Workload) -> bool:
    name = workload.image.known("").partition("@")[0]
    path, _, last = name.rpartition("/")
    name = f"{path}/{last.partition(':')[0]}" if path else last.partition(":")[0]
    return name.removeprefix("docker.io/").removeprefix("library/") in _EDGES


def _beside(one: str, two: str) -> bool:
    return posixpath.dirname(one) == posixpath.dirname(two)


@control(
    "Networks keep stores apart from the outside",
    Severity.MEDIUM,
    "V1 P2",
    "https://docs.docker.com/reference/compose-file/networks/#internal",
)
def network_segmented(stack: Stack) -> Iterator[Violation]:
    """A store on a network that leads outside is one mistake, such as a published port, from everybody."""
    stores = {s.service: s for s in stack.of(Store) if s.service}
    published = {p.service for p in stack.of(PublishedPort) if _public(p)}
    for network in stack.of(Network):
        inside = [
            n for n in network.services if n in stores and _beside(stores[n].at.source, network.at.source)
        ]
        if network.internal.effective is not False or not inside:
            continue
        others = [n for n in network.services if n in published and n not in stores]
        if network.internal.at.kind is Kind.BLOCK and network.name == "default" and not others:
            continue
        what = f"the network `{network.name}`, which is not internal, holds the store `{inside[0]}`"
        if others:
            yield Violation(f"{what} together with the published `{others[0]}`", network.internal.at)
        else:
            yield Violation(what, network.internal.at, TurnOn("internal"))


def _public(port: PublishedPort) -> bool:
    """Published where other machines can reach it; an address that is not known counts as not."""
    address = port.host_address.known("127.0.0.1")
    return not (address.startswith("127.") or address in ("::1", "localhost"))


@control(
    "Only what must be reached is published",
    Severity.HIGH,
    "V1 P2",
    "https://docs.docker.com/engine/network/packet-filtering-firewalls/, CWE-668",
)
def port_exposure_minimal(port: PublishedPort) -> Iterator[Violation]:
    """Docker publishes past the host's firewall: a port on all addresses is open to whoever reaches the host."""
    if port.admin and _public(port):
        where = port.host_address.known("")
        message = f"port {port.container_port} ({port.admin}) of `{port.service}` is published on {where}"
        yield Violation(message, port.at, Bind())


@control("Only what must be reached is published", Severity.HIGH, "V1 P2", slug="port-exposure-minimal")
def edge_not_bypassed(stack: Stack) -> Iterator[Violation]:
    """A service published beside its edge is reached without the edge's TLS, limits and log."""
    workloads = list(stack.of(Workload))
    edges = [w for w in workloads if _is_edge(w) and any(_public(p) for p in w.ports)]
    for edge in edges:
        for other in workloads:
            if _is_edge(other) or other.name not in edge.depends_on or other.at.source != edge.at.source:
                continue
            for port in other.ports:
                if _public(port) and not port.admin:
                    message = f"`{other.name}` is published beside `{edge.name}`: callers can go around it"
                    yield Violation(message, port.at, Bind(), Severity.MEDIUM)

"""Which containers can be reached, by whom, and over which ports."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from batten.controls._registry import control
from batten.facts import Network, PublishedPort, Stack, Store, Workload
from batten.model import UNTOLD, Bind, Kind, Severity, Switch, TurnOff, TurnOn, Violation


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
    published = {p.service for p in stack.of(PublishedPort) if p.outside}
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
            yield Violation(UNTOLD, f"{what} together with the published `{others[0]}`", network.internal.at)
        else:
            yield Violation(UNTOLD, what, network.internal.at, TurnOn(Switch.INTERNAL))


@control(
    "Only what must be reached is published",
    Severity.HIGH,
    "V1 P2",
    "https://docs.docker.com/engine/network/packet-filtering-firewalls/, CWE-668",
)
def port_exposure_minimal(port: PublishedPort) -> Iterator[Violation]:
    """Docker publishes past the host's firewall: a port on all addresses is open to whoever reaches the host."""
    if port.admin and port.outside:
        where = port.via or port.host_address.known("")
        message = f"port {port.container_port} ({port.admin}) of `{port.service}` is published on {where}"
        yield Violation(UNTOLD, message, port.at, Bind())
    elif port.admin and port.offered:
        message = f"the image offers port {port.container_port} ({port.admin})"
        yield Violation(UNTOLD, message, port.at, TurnOff(Switch.PORT), Severity.LOW)


@control("Only what must be reached is published", Severity.HIGH, "V1 P2", slug="port-exposure-minimal")
def edge_not_bypassed(stack: Stack) -> Iterator[Violation]:
    """A service published beside its edge is reached without the edge's TLS, limits and log."""
    workloads = list(stack.of(Workload))
    edges = [w for w in workloads if w.edge and any(p.outside for p in w.ports)]
    for edge in edges:
        for other in workloads:
            if other.edge or other.name not in edge.depends_on or other.at.source != edge.at.source:
                continue
            for port in other.ports:
                if port.outside and not port.admin:
                    message = f"`{other.name}` is published beside `{edge.name}`: callers can go around it"
                    yield Violation(UNTOLD, message, port.at, Bind(), Severity.MEDIUM)

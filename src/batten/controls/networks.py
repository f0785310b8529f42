"""Which containers can be reached, by whom, and over which ports."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

from batten.controls._registry import control
from batten.controls.stores import for_devices
from batten.facts import Network, PublishedPort, Stack, Store, Upstream, Workload
from batten.model import Bind, Case, Kind, Per, Severity, Switch, TurnOff, TurnOn, Violation

_WORDS = re.compile(r"[\w.-]+")


def _beside(one: str, two: str) -> bool:
    return posixpath.dirname(one) == posixpath.dirname(two)


class NetworkSegmented(Case):
    BESIDE_PUBLISHED = (
        "store-beside-published",
        "Move the store and its clients to an internal network of their own.",
        Per.THING,
    )
    NOT_INTERNAL = "not-internal", "Mark the network as internal."
    EVERY_SOURCE = (
        "policy-allows-all",
        "Name the clients that the policy admits, instead of every source.",
        Per.THING,
    )
    NO_POLICY = (
        "no-network-policy",
        "Deny ingress to all pods with a NetworkPolicy, then allow the clients by name.",
    )


@control(
    "Networks isolate stores and pods",
    Severity.LOW,
    "V1 P2",
    "https://docs.docker.com/reference/compose-file/networks/#internal",
)
def network_segmented(stack: Stack) -> Iterator[Violation]:
    """On a network that leads outside, one mistake, such as a published port, opens the store to everyone. It is a note: it
    gives no access by itself."""
    stores = {s.service: s for s in stack.of(Store) if s.service}
    published = {p.service for p in stack.of(PublishedPort) if p.outside}
    for network in stack.of(Network):
        inside = [
            n for n in network.services if n in stores and _beside(stores[n].at.source, network.at.source)
        ]
        if network.internal.effective is not False or not inside:
            continue
        doors = [n for n in network.services if n in published and n not in stores]
        users = {
            w.name for w in stack.of(Workload) if _beside(w.at.source, network.at.source) and _uses(w, inside)
        }
        others = [n for n in doors if n not in users]
        if doors and not others:  # whose ports would not be published on an internal network
            continue
        if network.internal.at.kind is Kind.BLOCK and network.name == "default" and not others:
            continue
        at, what = network.internal.at, f"the network `{network.name}` of the store `{inside[0]}`"
        if others:
            message = f"{what} also holds `{others[0]}`, whose port is published"
            yield Violation(NetworkSegmented.BESIDE_PUBLISHED, message, at, severity=Severity.INFO)
        elif not all(for_devices(stores[n]) for n in inside):  # no port is published on an internal network
            message = f"{what} is not internal"
            remedy = TurnOn(Switch.INTERNAL)
            yield Violation(NetworkSegmented.NOT_INTERNAL, message, at, remedy=remedy, severity=Severity.INFO)


def _uses(workload: Workload, stores: list[str]) -> bool:
    """Whether it is a client of one of the stores: no network of its own would keep it away from them."""
    if not set(stores).isdisjoint(workload.depends_on):
        return True
    words = {word for value in workload.environment.values() for word in _WORDS.findall(value.known(""))}
    return not words.isdisjoint(stores)


class PortExposureMinimal(Case):
    PUBLISHED = (
        "admin-port-published",
        "Bind the port to loopback or a private address, or do not publish it.",
        Per.THING,
    )
    OFFERED = "admin-port-offered", "Remove the port from the image."
    BYPASS = (
        "edge-bypassed",
        "Bind the port to loopback, so that clients have to pass through the edge.",
        Per.THING,
    )


@control(
    "Only necessary ports are published",
    Severity.HIGH,
    "V1 P2",
    "https://docs.docker.com/engine/network/packet-filtering-firewalls/, CWE-668",
    explained=True,
)
def port_exposure_minimal(port: PublishedPort) -> Iterator[Violation]:
    """Docker writes its own firewall rules: a port that is published on all addresses is open to every client
    that reaches the host."""
    if port.admin and port.outside:
        where = port.via or port.host_address.known("")
        message = f"{_who(port)} of `{port.service}` is published on {where}"
        milder = Severity.MEDIUM if port.guessed else None
        yield Violation(PortExposureMinimal.PUBLISHED, message, port.at, remedy=Bind(), severity=milder)
    elif port.admin and port.offered:
        message = f"the image exposes {_who(port).rstrip(',')}"
        yield Violation(
            PortExposureMinimal.OFFERED, message, port.at, remedy=TurnOff(Switch.PORT), severity=Severity.LOW
        )


def _who(port: PublishedPort) -> str:
    """The port, and how surely it is known what answers there."""
    if port.guessed:
        return f"port {port.container_port}, the default of {port.admin},"
    return f"port {port.container_port} ({port.admin})"


@control("Only necessary ports are published", Severity.HIGH, "V1 P2", slug="port-exposure-minimal")
def edge_not_bypassed(stack: Stack) -> Iterator[Violation]:
    """Clients reach a service that is published beside its edge without the edge's TLS, limits and log."""
    workloads = list(stack.of(Workload))
    edges = [w for w in workloads if w.edge and any(p.outside for p in w.ports)]
    forwarded = _by_folder(stack.of(Upstream)) if edges else {}
    beside: dict[str, list[Workload]] = {}
    for other in (w for w in workloads if not w.edge) if edges else ():
        beside.setdefault(other.at.source, []).append(other)
    for edge in edges:
        # The files and folders that are mounted in the edge, and the folder that it is built of.
        homes = [mount.path.rstrip("/") for mount in edge.mounts if mount.path]
        leads = list(
            {
                id(u): u
                for home in homes + ([edge.build_context] if edge.build_context not in ("", ".") else [])
                for u in forwarded.get(home, ())
            }.values()
        )
        for other in beside.get(edge.at.source, ()):
            for port in other.ports:
                behind = other.name in edge.depends_on or any(
                    (u.host in (other.name, *other.aliases) and u.port == port.container_port) for u in leads
                )
                if behind and port.outside and not port.admin:
                    message = (
                        f"`{other.name}` is published beside its edge `{edge.name}`, so clients can bypass it"
                    )
                    yield Violation(
                        PortExposureMinimal.BYPASS, message, port.at, remedy=Bind(), severity=Severity.MEDIUM
                    )


def _by_folder(upstreams: Iterable[Upstream]) -> dict[str, list[Upstream]]:
    """Upstreams by their file, and by each folder that holds it."""
    found: dict[str, list[Upstream]] = {}
    for upstream in upstreams:
        place = upstream.at.source
        while place:
            found.setdefault(place, []).append(upstream)
            place = place.rpartition("/")[0]
    return found

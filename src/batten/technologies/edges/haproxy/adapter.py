"""HAProxy: facts of a configuration, and the edits that change it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Fix, Location, Remedy
from batten.technologies import Unit
from batten.technologies.edges.haproxy.access.reading import rules
from batten.technologies.edges.haproxy.clients import clients
from batten.technologies.edges.haproxy.controls import directive_checks
from batten.technologies.edges.haproxy.cors import policies
from batten.technologies.edges.haproxy.features import banners, features
from batten.technologies.edges.haproxy.headers.reading import answers, cookies, told, written_cookies
from batten.technologies.edges.haproxy.limits import limits
from batten.technologies.edges.haproxy.logins import logins, secrets
from batten.technologies.edges.haproxy.logs import logs
from batten.technologies.edges.haproxy.remedies import fix_of
from batten.technologies.edges.haproxy.routes import routes
from batten.technologies.edges.haproxy.sockets import sockets
from batten.technologies.edges.haproxy.tls.certificates import certificates, ports
from batten.technologies.edges.haproxy.tls.listeners import listeners
from batten.technologies.edges.haproxy.tree import Tree, load, units
from batten.technologies.edges.haproxy.upstreams import led_by_clients, peers, upstreams
from batten.technologies.shared.edges.facts import reading

__all__ = ["read", "settings", "units", "write"]

READERS: tuple[Callable[[Tree], Iterator[Fact]], ...] = (
    listeners, answers, banners, cookies, written_cookies, told, policies, routes, upstreams,
    peers, led_by_clients, limits, rules, logs, features, logins, secrets, ports, directive_checks, clients, sockets,
)  # fmt: skip

read = reading(load, READERS, (certificates,))


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make the remedy true at that place, or None."""
    tree = load(unit, workspace)
    found = tree.at(at)
    return None if found is None else fix_of(tree, *found, remedy)


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """Keywords, and keywords with each of their words, as the inventory has `option httplog` and `bind ssl`."""
    for block in load(unit, workspace).blocks:
        for item in block.items:
            yield item.values[0], item.place()
            for word in item.values[1:]:
                yield f"{item.values[0]} {word}", item.place()

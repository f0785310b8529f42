"""Envoy: facts of a configuration, and the edits that change it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Fix, Location, Remedy
from batten.technologies import Unit
from batten.technologies.edges.envoy.access.reading import rules
from batten.technologies.edges.envoy.clients import clients
from batten.technologies.edges.envoy.clusters import led_by_clients, upstreams
from batten.technologies.edges.envoy.cors import policies
from batten.technologies.edges.envoy.features import features, rewrites
from batten.technologies.edges.envoy.headers.reading import answers, banners, cookies
from batten.technologies.edges.envoy.limits import limits, logs
from batten.technologies.edges.envoy.logins import logins
from batten.technologies.edges.envoy.remedies import fix_of
from batten.technologies.edges.envoy.routes import routes
from batten.technologies.edges.envoy.secrets import secrets
from batten.technologies.edges.envoy.sockets import sockets
from batten.technologies.edges.envoy.tls.listeners import certificates, client_certificates, listeners, ports
from batten.technologies.edges.envoy.tree import Tree, units
from batten.technologies.shared.edges.facts import reading
from batten.technologies.shared.inventory import unread

__all__ = ["read", "settings", "units", "write"]

READERS: tuple[Callable[[Tree], Iterator[Fact]], ...] = (
    listeners, certificates, answers, banners, cookies, policies, routes, upstreams, led_by_clients,
    limits, rules, client_certificates, logs, features, rewrites, logins, secrets, ports, clients, sockets,
)  # fmt: skip


def _tree(unit: Unit, workspace: Workspace) -> Tree:
    return workspace.kept(("envoy", unit), lambda: Tree(unit, workspace))


read = reading(_tree, READERS)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make the remedy true at that place, or None."""
    return fix_of(_tree(unit, workspace), at, remedy)


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The fields that are not read, by their last word, which JSON may write without underscores."""
    words = {one.last.replace("_", "").lower(): one.name for one in unread("envoy").values()}
    for document in _tree(unit, workspace).documents:
        for field in document.walk():
            word = field.key.replace("_", "").lower()
            if word in words and field.path and not isinstance(field.path[-1], int):
                yield words[word], field.here

"""nginx: facts of a configuration, and the edits that change it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Fix, Location, Remedy
from batten.technologies import Unit
from batten.technologies.edges.nginx.access.reading import logs, rules
from batten.technologies.edges.nginx.caches import caches
from batten.technologies.edges.nginx.clients import clients
from batten.technologies.edges.nginx.controls import directive_checks
from batten.technologies.edges.nginx.cors.reading import policies
from batten.technologies.edges.nginx.features import features
from batten.technologies.edges.nginx.headers.reading import answers, banners, cookies
from batten.technologies.edges.nginx.headers.requests import believed_names, lost_headers
from batten.technologies.edges.nginx.includes import load, units
from batten.technologies.edges.nginx.limits import limits
from batten.technologies.edges.nginx.logins import logins
from batten.technologies.edges.nginx.modes.reading import modes
from batten.technologies.edges.nginx.remedies import fix_of
from batten.technologies.edges.nginx.roots import roots
from batten.technologies.edges.nginx.routes import routes
from batten.technologies.edges.nginx.secrets import secrets
from batten.technologies.edges.nginx.sockets import sockets
from batten.technologies.edges.nginx.splitting import redirects_elsewhere, splits
from batten.technologies.edges.nginx.tls.certificates import certificates, ports
from batten.technologies.edges.nginx.tls.fields import fields
from batten.technologies.edges.nginx.tls.listeners import listeners
from batten.technologies.edges.nginx.tree import Tree
from batten.technologies.edges.nginx.upstreams import upstreams
from batten.technologies.shared.edges.facts import reading

__all__ = ["read", "settings", "units", "write"]

READERS: tuple[Callable[[Tree], Iterator[Fact]], ...] = (
    listeners, answers, banners, cookies, policies, routes, upstreams, limits, rules, logs, features,
    splits, redirects_elsewhere, logins, caches, modes, secrets, ports, directive_checks, clients, sockets,
    lost_headers, believed_names,
)  # fmt: skip

read = reading(load, READERS, (roots, certificates, fields))


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The directives that the unit's files use, as the vendor spells them."""
    for item in load(unit, workspace).root.walk():
        yield item.name, item.place()


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make the remedy true at that place, or None."""
    tree = load(unit, workspace)
    item = tree.at(at)
    return None if item is None else fix_of(tree, item, remedy, at, workspace)

"""Apache httpd: facts of a configuration, and the edits that change it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Fix, Location, Remedy
from batten.technologies import Unit
from batten.technologies.edges.apache.access.reading import logs, rules
from batten.technologies.edges.apache.controls import directive_checks
from batten.technologies.edges.apache.cors import policies
from batten.technologies.edges.apache.features import features
from batten.technologies.edges.apache.headers.reading import answers, banners, cookies
from batten.technologies.edges.apache.includes import load, units
from batten.technologies.edges.apache.limits import limits
from batten.technologies.edges.apache.logins import logins
from batten.technologies.edges.apache.modes.reading import modes
from batten.technologies.edges.apache.openings import redirects_elsewhere
from batten.technologies.edges.apache.remedies import fix_of
from batten.technologies.edges.apache.roots import roots
from batten.technologies.edges.apache.routes import routes
from batten.technologies.edges.apache.secrets import secrets
from batten.technologies.edges.apache.tls.certificates import certificates
from batten.technologies.edges.apache.tls.listeners import listeners
from batten.technologies.edges.apache.tree import Tree
from batten.technologies.edges.apache.upstreams import upstreams
from batten.technologies.shared.edges.facts import reading
from batten.technologies.shared.inventory import unread

__all__ = ["read", "settings", "units", "write"]

READERS: tuple[Callable[[Tree], Iterator[Fact]], ...] = (
    listeners, answers, banners, cookies, policies, routes, upstreams, limits, rules, logs, features,
    redirects_elsewhere, logins, modes, secrets, directive_checks,
)  # fmt: skip

read = reading(load, READERS, (roots, certificates))


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make the remedy true at that place, or None."""
    tree = load(unit, workspace)
    item = tree.at(at)
    return None if item is None else fix_of(tree, item, remedy, at)


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The directives that are not read, which may be written in any case."""
    spelled = {name.lower(): name for name in unread("apache")}
    for item in load(unit, workspace).root.walk():
        if item.name in spelled:
            yield spelled[item.name], item.place()

"""lighttpd: facts of a configuration, and the edits that change it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Fix, Location, Remedy
from batten.technologies import Unit
from batten.technologies.edges.lighttpd.access.reading import features, rules
from batten.technologies.edges.lighttpd.headers.reading import answers, banners, cookies, policies
from batten.technologies.edges.lighttpd.includes import load, units
from batten.technologies.edges.lighttpd.limits import limits
from batten.technologies.edges.lighttpd.logs import logs
from batten.technologies.edges.lighttpd.remedies import fix_of
from batten.technologies.edges.lighttpd.roots import roots
from batten.technologies.edges.lighttpd.secrets import secrets
from batten.technologies.edges.lighttpd.tls.listeners import certificates, listeners
from batten.technologies.edges.lighttpd.tree import Tree
from batten.technologies.edges.lighttpd.upstreams import upstreams
from batten.technologies.shared.edges.facts import reading

__all__ = ["read", "units", "write"]

READERS: tuple[Callable[[Tree], Iterator[Fact]], ...] = (
    listeners, answers, banners, cookies, policies, upstreams, limits, rules, logs, features, secrets,
)  # fmt: skip

read = reading(load, READERS, (roots, certificates))


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make the remedy true at that place, or None."""
    tree = load(unit, workspace)
    found = tree.at(at)
    return None if found is None else fix_of(tree, *found, remedy)

"""lighttpd: facts of a configuration, and the edits that change it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Fix, Location, Remedy
from batten.technologies import Unit
from batten.technologies._edges.facts import reading
from batten.technologies.lighttpd.access.reading import features, rules
from batten.technologies.lighttpd.headers.reading import answers, banners, cookies, policies
from batten.technologies.lighttpd.includes import load, units
from batten.technologies.lighttpd.limits import limits
from batten.technologies.lighttpd.logs import logs
from batten.technologies.lighttpd.remedies import fix_of
from batten.technologies.lighttpd.roots import roots
from batten.technologies.lighttpd.secrets import secrets
from batten.technologies.lighttpd.tls.listeners import certificates, listeners
from batten.technologies.lighttpd.tree import Tree
from batten.technologies.lighttpd.upstreams import upstreams

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

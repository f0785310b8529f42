"""Caddy: facts of a Caddyfile or a native configuration, and the edits that change it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence

from batten.facts import Fact, Feature, Upstream
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.model import Fix, Location, Problem, Remedy
from batten.technologies import Unit
from batten.technologies.edges.caddy import controls
from batten.technologies.edges.caddy.access.reading import rules
from batten.technologies.edges.caddy.clients import clients
from batten.technologies.edges.caddy.cors import policies
from batten.technologies.edges.caddy.features import features, media_types
from batten.technologies.edges.caddy.headers.reading import answers, banners, cookies
from batten.technologies.edges.caddy.limits import limits
from batten.technologies.edges.caddy.logins import logins, secrets
from batten.technologies.edges.caddy.logs import logs
from batten.technologies.edges.caddy.native import reading as native
from batten.technologies.edges.caddy.native import writing as native_remedies
from batten.technologies.edges.caddy.remedies import fix_of
from batten.technologies.edges.caddy.roots import roots
from batten.technologies.edges.caddy.routes import routes
from batten.technologies.edges.caddy.sockets import sockets
from batten.technologies.edges.caddy.tls.listeners import certificates, listeners
from batten.technologies.edges.caddy.tree import Tree, load
from batten.technologies.edges.caddy.upstreams import upstreams
from batten.technologies.shared.inventory import unread

__all__ = ["controls", "read", "settings", "units", "write"]

READERS: tuple[Callable[[Tree], Iterator[Fact]], ...] = (
    listeners, answers, banners, cookies, policies, routes, upstreams, limits, rules, logs, features,
    media_types, logins, secrets, clients, sockets,
)  # fmt: skip


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The facts of one configuration. Raises SyntaxProblem and Unreadable of its main file."""
    if native.is_native(unit.main):
        yield from native.read(unit, workspace)
        return
    tree = load(unit, workspace)
    yield from tree.problems
    seen: set[tuple[object, ...]] = set()
    for reader in READERS:
        for fact in reader(tree):
            # A snippet that several sites import says one thing, once; with other arguments, another.
            key = (type(fact), fact.at.source, fact.at.span, _said(fact))
            if key not in seen or not _of_snippet(tree, fact.at):
                seen.add(key)
                yield fact
    yield from roots(tree, workspace)
    yield from certificates(tree, workspace)


def _said(fact: Fact) -> object:
    match fact:
        case Upstream():
            return fact.target.value
        case Feature():
            return fact.name, fact.what
        case _:
            return ""


def _of_snippet(tree: Tree, at: Location) -> bool:
    item = tree.at(at)
    return item is not None and item.imported


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make the remedy true at that place, or None."""
    if native.is_native(unit.main):
        return native_remedies.fix_of(unit, workspace, remedy, at)
    tree = load(unit, workspace)
    item = tree.at(at)
    return None if item is None else fix_of(tree, item, remedy, at, workspace)


def units(files: Sequence[str], workspace: Workspace) -> Iterator[Unit]:
    """Files with what they import; then those that nobody imports."""
    brought: set[str] = set()
    mains: list[Unit] = []
    for file in files:
        unit = Unit("caddy", (file,))
        if not native.is_native(file):
            with contextlib.suppress(SyntaxProblem, Unreadable):
                unit = Unit("caddy", load(unit, workspace).files)
        brought.update(unit.files[1:])
        mains.append(unit)
    yield from (u for u in mains if u.main not in brought)


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The subdirectives that are not read, by their last word; a native configuration has others."""
    words = {one.last: one.name for one in unread("caddy").values()}
    tree = None if native.is_native(unit.main) else load(unit, workspace)
    for item in tree.root.walk() if tree is not None else ():
        if item.name in words:
            yield words[item.name], item.place()

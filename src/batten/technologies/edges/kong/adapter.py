"""Kong: facts of its declarative configuration and of kong.conf, and the edits that change them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from batten.facts import Fact
from batten.formats import Workspace, ini
from batten.model import Fix, Location, Problem, Remedy, Safety
from batten.technologies import Unit
from batten.technologies.edges.kong import access, cors, secrets, transport
from batten.technologies.edges.kong.gateway import Gateway
from batten.technologies.edges.kong.headers import reading as headers
from batten.technologies.edges.kong.options import reading as options
from batten.technologies.edges.kong.options.writing import Change, change_of, option_at
from batten.technologies.edges.kong.remedies import fix_of
from batten.technologies.edges.kong.tree import load
from batten.technologies.shared.inventory import unread

READERS: tuple[Callable[[Gateway], Iterator[Fact]], ...] = (
    transport.listeners,
    transport.certificates,
    headers.answers,
    headers.banners,
    headers.cookies,
    cors.policies,
    access.routes,
    transport.upstreams,
    transport.trusting,
    access.limits,
    access.rules,
    access.features,
    access.grants,
    access.logs,
    secrets.secrets,
)


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The facts of one file. Raises SyntaxProblem and Unreadable."""
    if unit.main.endswith(".conf"):
        yield from options.facts(options.from_file(unit.main, workspace))
        return
    gateway = Gateway(load(unit.main, workspace), workspace)
    for reader in READERS:
        yield from reader(gateway)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make the remedy true at that place, or None."""
    if unit.main.endswith(".conf"):
        change = change_of(options.from_file(unit.main, workspace), remedy, option_at(at))
        if not isinstance(change, Change):
            return change
        document = workspace.document(unit.main, ini.parse_ini)
        edits = tuple(ini.set_value(document.source, document.tree[0], change.name, change.value))
        safety = Safety.RISKY if change.breaks else Safety.SAFE
        return Fix(change.title, edits, safety=safety, breaks=change.breaks) if edits else None
    gateway = workspace.kept(("kong", unit.main), lambda: Gateway(load(unit.main, workspace), workspace))
    return fix_of(gateway, remedy, at)


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The settings of plugins that are not read, by their last word."""
    words = {one.last: one.name for one in unread("kong").values()}
    if not unit.main.endswith(".conf"):
        for item in load(unit.main, workspace).walk():
            if item.key in words:
                yield words[item.key], item.here

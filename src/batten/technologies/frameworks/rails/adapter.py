"""Ruby on Rails: its settings, routes, controllers and files of secrets, read from the syntax tree; nothing is run."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Fix, Location, Problem, Remedy, RequireAuth
from batten.technologies import Unit
from batten.technologies.frameworks.rails.application import Application, application, for_developers
from batten.technologies.frameworks.rails.controllers import controllers
from batten.technologies.frameworks.rails.cors import cors
from batten.technologies.frameworks.rails.headers import headers
from batten.technologies.frameworks.rails.holds import held
from batten.technologies.frameworks.rails.kept import kept
from batten.technologies.frameworks.rails.module import load
from batten.technologies.frameworks.rails.puma import puma
from batten.technologies.frameworks.rails.remedies import fix_of, from_variable
from batten.technologies.frameworks.rails.routes import routes
from batten.technologies.frameworks.rails.settings import app, cookies, forgery, logs
from batten.technologies.shared.inventory import unread

__all__ = ["read", "settings", "write"]

READERS: tuple[Callable[[Application, Workspace], Iterator[Fact]], ...] = (
    app,
    cookies,
    headers,
    forgery,
    logs,
    cors,
)


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The facts of one file. Raises SyntaxProblem and Unreadable."""
    path = unit.main
    if not path.endswith(".rb"):
        yield from kept(path, workspace)
        return
    module = load(path, workspace)
    yield from held(module)
    found = application(path, workspace)
    if "app/controllers/" in path:
        yield from controllers(module, found)
    elif path.endswith("config/routes.rb"):
        yield from routes(module, found)
    elif "puma" in posixpath.basename(path) or "/puma/" in path:
        yield from puma(module)
    elif found is not None and not for_developers(path):
        yield from (fact for fact in _of_all(found, workspace) if fact.at.source == module.path)


def _of_all(found: Application, workspace: Workspace) -> list[Fact]:
    """The facts of the application, which are made once for all of its files."""
    environment = found.environment.path if found.environment is not None else ""
    key = ("rails facts", found.root, environment)
    return workspace.kept(key, lambda: [fact for reader in READERS for fact in reader(found, workspace)])


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The settings that a file assigns and that the inventory says are not read."""
    if unit.main.endswith(".rb"):
        names = unread("rails")
        for one in load(unit.main, workspace).given:
            if one.key in names:
                yield one.key, one.at


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    if not at.source.endswith(".rb"):
        yaml = at.source.endswith(".yml")
        return from_variable(at) if yaml and isinstance(remedy, RequireAuth) else None
    return fix_of(load(at.source, workspace), remedy, at, application(at.source, workspace))

"""Laravel: its settings, routes and code, read from the syntax tree; nothing is run."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Fix, Location, Problem, Remedy, Switch, TurnOn
from batten.technologies import Unit
from batten.technologies.frameworks.laravel.code import code, held
from batten.technologies.frameworks.laravel.module import load
from batten.technologies.frameworks.laravel.remedies import fix_of, set_variable
from batten.technologies.frameworks.laravel.routes import routes
from batten.technologies.frameworks.laravel.settings import settings_of
from batten.technologies.frameworks.laravel.variables import variables
from batten.technologies.shared.inventory import unread

__all__ = ["read", "settings", "write"]


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The facts of one file. Raises SyntaxProblem and Unreadable."""
    path = unit.main
    if not path.endswith(".php"):
        yield from variables(path, workspace)
        return
    module = load(path, workspace)
    folder = posixpath.basename(posixpath.dirname(path))
    yield from code(module)
    yield from held(module)
    if folder == "config":
        yield from settings_of(module)
    elif folder == "routes":
        yield from routes(module, workspace)


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The settings that a file of `config/` has and that the inventory says are not read."""
    if posixpath.basename(posixpath.dirname(unit.main)) == "config" and unit.main.endswith(".php"):
        module = load(unit.main, workspace)
        file, names = posixpath.basename(unit.main).removesuffix(".php"), unread("laravel")
        for key, node in module.entries.items():
            if f"{file}.{key}" in names:
                yield f"{file}.{key}", module.value(node, key)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    if not at.source.endswith(".php"):
        return set_variable(at) if remedy == TurnOn(Switch.COOKIE_FLAGS) else None
    return fix_of(load(at.source, workspace), remedy, at)

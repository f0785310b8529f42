"""Litestar: settings and routes in Python code, read from its syntax tree; nothing is imported or run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Fix, Location, Problem, Remedy
from batten.technologies import Unit
from batten.technologies.frameworks.litestar.cookies import own_cookies
from batten.technologies.frameworks.litestar.remedies import fix_of
from batten.technologies.frameworks.litestar.routes import routes
from batten.technologies.frameworks.litestar.settings import (
    app_settings,
    cors,
    debuggers,
    expiry,
    keys,
    logs,
    used,
)
from batten.technologies.shared.python.cookies import cookies
from batten.technologies.shared.python.handlers import leaks
from batten.technologies.shared.python.module import Module, load

__all__ = ["read", "settings", "write"]

_PACKAGES = ("litestar",)
READERS: tuple[Callable[[Module], Iterator[Fact]], ...] = (
    app_settings,
    debuggers,
    logs,
    cors,
    own_cookies,
    expiry,
    keys,
    routes,
)


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The facts of one module. Raises SyntaxProblem and Unreadable."""
    module = load(unit.main, workspace)
    if not module.uses(*_PACKAGES):
        return
    if not module.uses(
        "fastapi", "starlette", "flask", "django"
    ):  # whose readers look at the handlers of all
        yield from cookies(module, "lax", _PACKAGES)
        yield from leaks(module)
    for reader in READERS:
        yield from reader(module)


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """What the calls of the module give Litestar, by the names of its inventory."""
    module = load(unit.main, workspace)
    if module.uses(*_PACKAGES):
        yield from used(module)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    return fix_of(load(at.source, workspace), remedy, at)

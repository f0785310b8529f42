"""Django: modules of settings, and the paths and cookies of its views; nothing is imported or run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Fix, Location, Problem, Remedy
from batten.technologies import Unit
from batten.technologies.frameworks.django.connections import connections
from batten.technologies.frameworks.django.cors import cors
from batten.technologies.frameworks.django.remedies import fix_of
from batten.technologies.frameworks.django.rest import rest
from batten.technologies.frameworks.django.routes import routes
from batten.technologies.frameworks.django.settings import (
    Settings,
    app,
    headers,
    limits,
    session_cookies,
    settings_of,
)
from batten.technologies.shared.python.cookies import cookies
from batten.technologies.shared.python.handlers import leaks
from batten.technologies.shared.python.module import load
from batten.technologies.shared.python.origins import written_origins

__all__ = ["read", "settings", "units", "write"]

READERS: tuple[Callable[[Settings], Iterator[Fact]], ...] = (
    app,
    session_cookies,
    headers,
    limits,
    cors,
    connections,
    rest,
    routes,
)


def units(files: Sequence[str], workspace: Workspace) -> Iterable[Unit]:
    """Each module for itself."""
    return [Unit("django", (file,)) for file in files]


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The facts of one module. Raises SyntaxProblem and Unreadable."""
    module = load(unit.main, workspace)
    if module.uses("django", "rest_framework"):
        yield from cookies(module, "", ("django", "rest_framework"))
        yield from leaks(module)
    # Middleware needs no import of Django: a class or function that is given `get_response`.
    if module.uses("django", "rest_framework") or (
        not module.uses("flask", "fastapi", "starlette") and "get_response" in module.source.text
    ):
        yield from written_origins(module)
    found = settings_of(module)
    if found is not None:
        for reader in READERS:
            yield from reader(found)


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The settings that a module assigns."""
    module = load(unit.main, workspace)
    found = settings_of(module)
    for name, node in (found.names.own if found is not None else {}).items():
        if name.isupper():
            yield name, module.value(node, name)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    return fix_of(load(at.source, workspace), remedy, at)

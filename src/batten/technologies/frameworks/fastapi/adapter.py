"""FastAPI and Starlette: settings in Python code, read from its syntax tree; nothing is imported or run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Fix, Location, Problem, Remedy
from batten.technologies import Unit
from batten.technologies.frameworks.fastapi.keys import signing_keys
from batten.technologies.frameworks.fastapi.remedies import fix_of
from batten.technologies.frameworks.fastapi.routes import app_routes
from batten.technologies.frameworks.fastapi.settings import app_settings, cors, sessions
from batten.technologies.shared.processes.calls import servers
from batten.technologies.shared.python.cookies import cookies
from batten.technologies.shared.python.handlers import leaks
from batten.technologies.shared.python.module import Module, load
from batten.technologies.shared.python.origins import written_origins
from batten.technologies.shared.python.stores import stores

__all__ = ["read", "units", "write"]

_PACKAGES = ("fastapi", "starlette")
READERS: tuple[Callable[[Module], Iterator[Fact]], ...] = (
    app_settings,
    cors,
    sessions,
    app_routes,
    servers,
    signing_keys,
    stores,
)


def units(files: Sequence[str], workspace: Workspace) -> Iterable[Unit]:
    """Each module for itself."""
    return [Unit("fastapi", (file,)) for file in files]


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The facts of one module. Raises SyntaxProblem and Unreadable."""
    module = load(unit.main, workspace)
    if module.uses(*_PACKAGES):
        yield from cookies(module, "lax", _PACKAGES)
        yield from leaks(module)
        yield from written_origins(module)
    for reader in READERS:
        yield from reader(module)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    return fix_of(load(at.source, workspace), remedy, at)

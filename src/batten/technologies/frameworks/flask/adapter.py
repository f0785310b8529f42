"""Flask: applications, what configures them, and their routes; nothing is imported or run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Fix, Location, Problem, Remedy
from batten.technologies import Unit
from batten.technologies.frameworks.flask.configuration import KEYS, applications, configured
from batten.technologies.frameworks.flask.cors import cors
from batten.technologies.frameworks.flask.logins import logins
from batten.technologies.frameworks.flask.remedies import fix_of
from batten.technologies.frameworks.flask.routes import routes
from batten.technologies.frameworks.flask.settings import app_settings, connections, started
from batten.technologies.shared.python.cookies import cookies
from batten.technologies.shared.python.handlers import leaks
from batten.technologies.shared.python.module import load
from batten.technologies.shared.python.origins import written_origins

__all__ = ["read", "settings", "units", "write"]

_PACKAGES = ("flask", "werkzeug")


def units(files: Sequence[str], workspace: Workspace) -> Iterable[Unit]:
    """Each module for itself."""
    return [Unit("flask", (file,)) for file in files]


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The facts of one module. Raises SyntaxProblem and Unreadable."""
    module = load(unit.main, workspace)
    if module.uses(*_PACKAGES):
        yield from cookies(module, "", _PACKAGES)
        yield from leaks(module)
        yield from written_origins(module)
        yield from logins(module)
    for application in applications(module):
        yield from app_settings(application)
        yield from connections(application)
        yield from routes(application)
    yield from started(module)
    yield from cors(module)


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The keys of the configuration that a module sets."""
    module = load(unit.main, workspace)
    for application in applications(module):
        for name, (owner, node) in configured(application).given.items():
            if owner is module and name in KEYS:
                yield name, module.value(node, name)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    return fix_of(load(at.source, workspace), remedy, at)

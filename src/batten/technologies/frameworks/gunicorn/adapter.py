"""Gunicorn's configuration in Python, with its defaults (https://docs.gunicorn.org/en/stable/settings.html); it is not run."""

from __future__ import annotations

import json
from collections.abc import Iterator

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Edit, Fix, Location, Problem, Remedy
from batten.model import remedy as want
from batten.technologies import Unit
from batten.technologies.frameworks.gunicorn.settings import (
    NAMES,
    environment,
    listeners,
    logs,
    switches,
)
from batten.technologies.shared.processes.gunicorn import ROWS
from batten.technologies.shared.python.assigned import assigned
from batten.technologies.shared.python.edits import risky
from batten.technologies.shared.python.module import load
from batten.technologies.shared.python.rows import row_fix

__all__ = ["read", "settings", "write"]


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The facts of one module. Raises SyntaxProblem and Unreadable."""
    found = assigned(load(unit.main, workspace))
    yield from switches(found)
    yield from logs(found)
    yield from listeners(found)
    yield from environment(found)


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The settings that the file assigns."""
    module = load(unit.main, workspace)
    for name, node in assigned(module).own.items():
        if name in NAMES:
            yield name, module.value(node, name)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    module = load(at.source, workspace)
    match remedy:
        case want.TurnOff(switch):
            return row_fix(module, ROWS, switch, at)
        case want.UseSuites(suites) if at.span is not None and at.pointer == "ciphers":
            edits = [Edit(module.path, at.span, json.dumps(":".join(suites)))]
            return risky("offer only suites with forward secrecy", edits, "clients without these suites")
        case _:
            return None

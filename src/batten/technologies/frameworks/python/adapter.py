"""Python: clients of TLS, whatever framework a program uses; nothing is imported or run."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Fix, Location, Problem, Remedy
from batten.technologies import Unit
from batten.technologies.frameworks.python.calls import verifying
from batten.technologies.frameworks.python.contexts import contexts
from batten.technologies.frameworks.python.remedies import fix_of
from batten.technologies.frameworks.python.scopes import scopes
from batten.technologies.shared.python.module import load

__all__ = ["read", "write"]


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The facts of one module. Raises SyntaxProblem and Unreadable."""
    module = load(unit.main, workspace)
    places = scopes(module)
    yield from verifying(module, places)
    yield from contexts(module, places)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    return fix_of(load(at.source, workspace), remedy, at)

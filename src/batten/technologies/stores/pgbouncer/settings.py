"""What PgBouncer is told: its section, and the databases that it connects to.

Source: https://www.pgbouncer.org/config.html
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field

from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.formats.mysql import IncludeLine
from batten.formats.pgbouncer import parse_pools
from batten.model import Location, Problem
from batten.model.record import record
from batten.technologies.shared.settings.settings import Entry, Settings, settings_of, templated, whole_file
from batten.technologies.shared.text.globs import MOST_BROUGHT, beyond
from batten.technologies.stores.postgresql.configuration import problem

DEEPEST = 10
SECTION = "pgbouncer"


@record
class Pools:
    """The settings of the server, and the connections of its databases by their names."""

    server: Settings
    databases: tuple[Entry, ...]


def pools(path: str, workspace: Workspace) -> Pools:
    """The file with its includes in their places. Raises SyntaxProblem and Unreadable of the file."""
    return workspace.kept(("pgbouncer", path), lambda: _pools(path, workspace))


def _pools(path: str, workspace: Workspace) -> Pools:
    reading = _Reading(workspace)
    found = list(reading.lines(path, 0))
    server = settings_of(
        whole_file(path, workspace),
        (given for section, given in found if section == SECTION),
        complete=reading.complete,
        problems=reading.problems,
    )
    databases = tuple(given for section, given in found if section == "databases")
    return Pools(server, databases)


def included(path: str, workspace: Workspace) -> Iterator[str]:
    """The files that a file includes, as far as they are here."""
    try:
        groups = workspace.document(path, parse_pools).tree
    except (SyntaxProblem, Unreadable):
        return
    for group in groups:
        for line in group.lines:
            if isinstance(line, IncludeLine) and (file := _named(path, line, workspace)):
                yield file


@dataclass(slots=True)
class _Reading:
    workspace: Workspace
    complete: bool = True
    problems: list[Problem] = field(default_factory=list)
    left: int = MOST_BROUGHT

    def lines(self, path: str, depth: int) -> Iterator[tuple[str, Entry]]:
        for group in self.workspace.document(path, parse_pools).tree:
            for line in group.lines:
                if isinstance(line, IncludeLine):
                    yield from self._include(path, line, depth)
                else:
                    at = Location(path, f"{group.name}/{line.name}", line.span)
                    yield group.name, Entry(line.name, line.value or "", at)

    def _include(self, path: str, line: IncludeLine, depth: int) -> Iterator[tuple[str, Entry]]:
        file = _named(path, line, self.workspace)
        if not file or depth >= DEEPEST:
            self.complete = False
            return
        try:
            self.left -= 1 + sum(len(g.lines) for g in self.workspace.document(file, parse_pools).tree)
            if self.left < 0:
                self.complete = False
                beyond(path, self.problems)
                return
            yield from self.lines(file, depth + 1)
        except (SyntaxProblem, Unreadable) as error:
            self.complete = False
            self.problems.append(problem(file, error, self.workspace))


def _named(path: str, line: IncludeLine, workspace: Workspace) -> str:
    """The file that an include names; an absolute path of the running system is looked for beside the file."""
    if templated(line.path):
        return ""
    name = posixpath.basename(line.path) if line.path.startswith("/") else line.path
    target = workspace.resolve(path, name)
    return target if target is not None and workspace.exists(target) else ""

"""Redis and Valkey: what redis.conf makes of the server, and the lines that fix it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Fix, Location, Problem, Remedy
from batten.technologies import Unit
from batten.technologies.redis.configuration import configuration, included
from batten.technologies.redis.remedies import fix_of
from batten.technologies.redis.store import secrets, store

__all__ = ["read", "units", "write"]


def units(files: Sequence[str], workspace: Workspace) -> Iterable[Unit]:
    """A file that another includes is read there, in its place."""
    parts = {file: tuple(dict.fromkeys(included(file, workspace))) for file in files}
    inner = {part for file, found in parts.items() for part in found if part != file}
    mains = [file for file in files if file not in inner] or list(files)
    return [Unit("redis", (file, *parts[file])) for file in mains]


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The store and the passwords written out. Raises SyntaxProblem and Unreadable of the main file."""
    told = configuration(unit.main, workspace)
    yield from told.problems
    yield store(told, product(unit.main), told.at, workspace)
    yield from secrets(told)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    return fix_of(configuration(unit.main, workspace), workspace, remedy, at)


def product(path: str) -> str:
    return "valkey" if "valkey" in path.lower() else "redis"

"""Redis and Valkey: what redis.conf makes of the server, and the lines that fix it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Fix, Location, Problem, Remedy
from batten.technologies import Unit
from batten.technologies.shared.transport.certificates import certificate_at
from batten.technologies.stores.redis.configuration import configuration, included
from batten.technologies.stores.redis.remedies import fix_of
from batten.technologies.stores.redis.store import SENTINEL, acl_rules, followed, secrets, store

__all__ = ["read", "settings", "units", "write"]


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
    if unit.main.endswith(".acl"):
        yield from acl_rules(unit.main, workspace)
        yield from secrets(told)
        return
    name = product(unit.main)
    if told.all(SENTINEL):
        name = f"{name}-{SENTINEL}"
    yield store(told, name, told.at, workspace)
    yield from secrets(told)
    yield from followed(told, name, told.at)
    given = told.last("tls-cert-file")
    if given is not None and given.text and not given.templated:
        folder, name = given.at.source.rpartition("/")[0], given.text.rpartition("/")[2]
        places = (f"{folder}/{name}".lstrip("/"), given.text.lstrip("/"))
        found = certificate_at(places, (), given.at, workspace)
        if found is not None:
            yield found


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The directives that the unit's files use."""
    for option in configuration(unit.main, workspace).options:
        yield option.keyword, option.at


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    return fix_of(configuration(unit.main, workspace), workspace, remedy, at)


def product(path: str) -> str:
    return "valkey" if "valkey" in path.lower() else "redis"

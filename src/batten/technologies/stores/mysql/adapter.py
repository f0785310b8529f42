"""MySQL and MariaDB: what option files make of a server and its clients, and the lines that fix them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from batten.facts import Fact
from batten.formats import Workspace
from batten.formats.mysql import parse_options
from batten.model import Fix, Location, Problem, Remedy
from batten.technologies import Unit
from batten.technologies.shared.settings.settings import templated
from batten.technologies.shared.transport.certificates import certificate_at
from batten.technologies.stores.mysql.options import SERVER, files, given, included
from batten.technologies.stores.mysql.remedies import fix_of
from batten.technologies.stores.mysql.store import beside_the_store, product_of, store

__all__ = ["read", "settings", "units", "write"]


def units(found: Sequence[str], workspace: Workspace) -> Iterable[Unit]:
    """A file that another includes is read there, in its place."""
    parts = {file: tuple(dict.fromkeys(included(file, workspace))) for file in found}
    inner = {part for file, brought in parts.items() for part in brought if part != file}
    mains = [file for file in found if file not in inner] or list(found)
    return [Unit("mysql", (file, *(p for p in parts[file] if p != file))) for file in mains]


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The store, and the passwords written out. Raises SyntaxProblem and Unreadable of the main file."""
    found = files(unit.main, workspace)
    yield from found.server.problems
    product = product_of(found)
    # Whether a server reads the file: one for clients only makes none.
    if any(SERVER.fullmatch(group) for group in found.groups):
        yield store(found.server, product, found.server.at)
    yield from beside_the_store(found, product)
    path = found.server.found.get("ssl_cert")
    if path is not None and not templated(path.value):
        folder, name = path.at.source.rpartition("/")[0], path.value.rpartition("/")[2]
        places = (f"{folder}/{name}".lstrip("/"), path.value.lstrip("/"))
        certificates_found = certificate_at(places, (), path.at, workspace)
        if certificates_found is not None:
            yield certificates_found


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The options of servers that the unit's files use."""
    for path in unit.files:
        for group in workspace.document(path, parse_options).tree:
            for line in group.options if SERVER.fullmatch(group.name) else ():
                one = given(path, group, line)
                yield one.key, one.at


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make the remedy true at that place, or None."""
    return fix_of(files(unit.main, workspace), workspace, remedy, at)

"""PgBouncer: what its file and its list of users make of a pooler, and the lines that fix them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence

from batten.facts import Fact
from batten.formats import Workspace
from batten.formats.pgbouncer import parse_pools, parse_users
from batten.model import Fix, Location, Problem, Remedy
from batten.technologies import Unit
from batten.technologies.shared.settings.settings import templated
from batten.technologies.shared.stores.secrets import written_out
from batten.technologies.shared.transport.certificates import certificate_at
from batten.technologies.stores.pgbouncer.remedies import fix_of
from batten.technologies.stores.pgbouncer.settings import included, pools
from batten.technologies.stores.pgbouncer.store import beside_the_store, store

__all__ = ["read", "settings", "units", "write"]


def units(files: Sequence[str], workspace: Workspace) -> Iterable[Unit]:
    """A file that another includes is read there, in its place; a list of users is a unit of its own."""
    mains = [f for f in files if not _list(f)]
    parts = {f: tuple(dict.fromkeys(included(f, workspace))) for f in mains}
    inner = {part for f, found in parts.items() for part in found if part != f}
    for main in [f for f in mains if f not in inner] or mains:
        yield Unit("pgbouncer", (main, *(p for p in parts[main] if p != main)))
    yield from (Unit("pgbouncer", (f,)) for f in files if _list(f))


def _list(path: str) -> bool:
    return path.endswith(".txt")


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The store, the servers behind it, and the passwords written out. Raises SyntaxProblem and Unreadable of
    the main file."""
    if _list(unit.main):
        for name, secret in workspace.document(unit.main, parse_users).tree:
            # What SCRAM stores does not log in; an MD5 hash does.
            if secret.text and not secret.text.startswith("SCRAM-SHA-256$") and not templated(secret.text):
                at = Location(unit.main, f"user[{name.text}]", secret.span)
                yield from written_out(at, f"user {name.text}", secret.text, name.text)
        return
    found = pools(unit.main, workspace)
    yield from found.server.problems
    yield store(found.server, found.server.at)
    yield from beside_the_store(found)
    chain = found.server.found.get("client_tls_cert_file")
    if chain is not None and not templated(chain.value):
        places = (
            posixpath.join(posixpath.dirname(unit.main), posixpath.basename(chain.value)),
            chain.value.lstrip("/"),
        )
        made = certificate_at(places, (), chain.at, workspace)
        if made is not None:
            yield made


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The settings of the server that the unit's files use."""
    for path in unit.files:
        for group in workspace.document(path, parse_pools).tree if not _list(path) else ():
            for line in group.options if group.name == "pgbouncer" else ():
                yield line.name, Location(path, line.name, line.span)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make the remedy true at that place, or None."""
    return None if _list(unit.main) else fix_of(pools(unit.main, workspace), workspace, remedy, at)

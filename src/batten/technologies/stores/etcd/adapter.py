"""etcd: what its file or its variables make of a member, and the lines that fix them."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Fix, Location, Problem, Remedy
from batten.technologies import Unit
from batten.technologies.shared.settings.settings import templated
from batten.technologies.shared.transport.certificates import certificate_at
from batten.technologies.stores.etcd.remedies import fix_of
from batten.technologies.stores.etcd.settings import configuration
from batten.technologies.stores.etcd.store import beside_the_store, store

__all__ = ["read", "settings", "write"]


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The store, and what it shows and trusts beside its clients. Raises SyntaxProblem and Unreadable."""
    server_settings = configuration(unit.main, workspace)
    yield store(server_settings, server_settings.at)
    yield from beside_the_store(server_settings)
    for name in ("cert-file", "peer-cert-file"):
        given = server_settings.found.get(name)
        if given is not None and given.value and not templated(given.value):
            folder, file = server_settings.at.source.rpartition("/")[0], given.value.rpartition("/")[2]
            found = certificate_at(
                (f"{folder}/{file}".lstrip("/"), given.value.lstrip("/")), (), given.at, workspace
            )
            if found is not None:
                yield found


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The settings that the file uses, by the names of the flags."""
    for given in configuration(unit.main, workspace).entries:
        yield given.key, given.at


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make the remedy true, or None."""
    return fix_of(configuration(unit.main, workspace), workspace, remedy, at)

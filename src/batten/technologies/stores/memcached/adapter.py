"""Memcached: what its file makes of the server, and the lines that fix it."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Fix, Location, Problem, Remedy
from batten.technologies import Unit
from batten.technologies.shared.settings.settings import templated
from batten.technologies.shared.transport.certificates import certificate_at
from batten.technologies.stores.memcached.options import configuration, passwords
from batten.technologies.stores.memcached.remedies import fix_of
from batten.technologies.stores.memcached.store import beside_the_store, store

__all__ = ["read", "settings", "write"]


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The store, whom it runs as, and its certificate. Raises SyntaxProblem and Unreadable."""
    server_settings = configuration(unit.main, workspace)
    yield store(server_settings, server_settings.at)
    yield from beside_the_store(server_settings)
    yield from passwords(unit.main, workspace)
    chain = server_settings.found.get("ssl_chain_cert")
    if chain is not None and not templated(chain.value):
        folder, name = unit.main.rpartition("/")[0], chain.value.rpartition("/")[2]
        found = certificate_at(
            (f"{folder}/{name}".lstrip("/"), chain.value.lstrip("/")), (), chain.at, workspace
        )
        if found is not None:
            yield found


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The options that the file uses, by their long names."""
    for given in configuration(unit.main, workspace).entries:
        yield given.key, given.at


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make the remedy true, or None."""
    return fix_of(configuration(unit.main, workspace), workspace, remedy, at)

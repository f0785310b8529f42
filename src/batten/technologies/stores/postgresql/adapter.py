"""PostgreSQL: what its settings and its rules for logins make of a server, and the lines that fix them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence

from batten.facts import Fact
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.formats.postgres import parse_settings
from batten.model import Fix, Location, Problem, Remedy
from batten.technologies import Unit
from batten.technologies.shared.settings.settings import templated
from batten.technologies.shared.transport.certificates import certificate_at
from batten.technologies.stores.postgresql import remedies, rules
from batten.technologies.stores.postgresql.configuration import AUTO, beside, configuration, included, problem
from batten.technologies.stores.postgresql.store import beside_the_store, store, version_of

__all__ = ["read", "settings", "units", "write"]

HBA, IDENT = "pg_hba.conf", "pg_ident.conf"


def units(files: Sequence[str], workspace: Workspace) -> Iterable[Unit]:
    """The main file with what it includes, the automatic file and the rules beside it; other rules each for itself."""
    mains = [f for f in files if not _hba(f) and not _ident(f)]
    parts = {f: _parts(f, workspace) for f in mains}
    inner = {part for f, found in parts.items() for part in found if part != f}
    taken: set[str] = set()
    for main in [f for f in mains if f not in inner] or mains:
        own = (main, *(p for p in dict.fromkeys(parts[main]) if p != main and p in files))
        taken.update(own)
        yield Unit("postgresql", own)
    yield from (Unit("postgresql", (f,)) for f in files if f not in taken and f not in inner)


def _parts(main: str, workspace: Workspace) -> tuple[str, ...]:
    if posixpath.basename(main) == AUTO:
        return tuple(included(main, workspace))
    named = (rule_file(main, name, workspace) for name in ("hba_file", "ident_file"))
    found = (*included(main, workspace), beside(main, AUTO), *named)
    return tuple(f for f in found if f and workspace.exists(f))


def rule_file(main: str, setting: str, workspace: Workspace) -> str:
    """The file of rules or maps that the main file names, or that is beside it; "" where there is none."""
    try:
        given = configuration(main, workspace).found.get(setting)
    except (SyntaxProblem, Unreadable):
        return ""
    default = HBA if setting == "hba_file" else IDENT
    if given is not None and templated(given.value):
        return ""
    path = beside(main, given.value if given is not None and given.value else default)
    return path if workspace.exists(path) else ""


def _hba(path: str) -> bool:
    return "hba" in posixpath.basename(path)


def _ident(path: str) -> bool:
    return "ident" in posixpath.basename(path)


def _rules_within(path: str, workspace: Workspace) -> bool:
    """Whether the lines of a manifest that are shown are rules for logins: its name says nothing of them."""
    if path.endswith(".conf"):
        return False
    lines = (line.split() for line in workspace.text(path).text.splitlines())
    first = next((words for words in lines if words and not words[0].startswith("#")), [])
    return bool(first) and first[0] in rules.TYPES


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The store, its rules, and the credentials written out. Raises SyntaxProblem and Unreadable of the main file."""
    if _hba(unit.main) or _rules_within(unit.main, workspace):
        yield from _rules(unit.main, workspace, None, False)
        return
    if _ident(unit.main):
        yield from rules.maps(unit.main, workspace)
        return
    server_settings = configuration(unit.main, workspace)
    yield from server_settings.problems
    found = store(server_settings, server_settings.at, version_of(unit.main))
    yield found
    yield from beside_the_store(server_settings)
    given = server_settings.found.get("ssl_cert_file")
    if given is not None and not templated(given.value):
        places = (beside(server_settings.at.source, given.value), given.value.lstrip("/"))
        certificates_found = certificate_at(places, (), given.at, workspace)
        if certificates_found is not None:
            yield certificates_found
    addresses = found.addresses.known(("*",))
    loopback = all(a in ("localhost", "::1") or a.startswith("127.") for a in addresses)
    ssl = None if found.tls is None else found.tls.known(None)
    for path in filter(None, (rule_file(unit.main, "hba_file", workspace),)):
        yield from _caught(path, workspace, lambda p: _rules(p, workspace, ssl, loopback))
    for path in filter(None, (rule_file(unit.main, "ident_file", workspace),)):
        yield from _caught(path, workspace, lambda p: rules.maps(p, workspace))


def _caught(path: str, workspace: Workspace, reading: object) -> Iterator[Fact | Problem]:
    try:
        yield from reading(path)  # type: ignore[operator]
    except (SyntaxProblem, Unreadable) as error:
        yield problem(path, error, workspace)


def _rules(path: str, workspace: Workspace, ssl: bool | None, loopback: bool) -> Iterator[Fact | Problem]:
    found = rules.rules(path, workspace)
    yield from found.problems
    yield from rules.facts(found, ssl, loopback)


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The settings that the unit's files use."""
    for path in unit.files:
        if _hba(path) or _ident(path):
            continue
        for line in workspace.document(path, parse_settings).tree:
            yield line.name, Location(path, line.name, line.span)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make the remedy true at that place, or None."""
    if _hba(at.source) or _rules_within(at.source, workspace):
        return remedies.rule_fix(at, workspace, remedy)
    return None if _ident(at.source) else remedies.fix_of(at.source, workspace, remedy)

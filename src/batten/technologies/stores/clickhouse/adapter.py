"""ClickHouse: what its files make of the server and its users, and the settings that fix it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import (
    AllowOrigins,
    Bind,
    Fix,
    Location,
    MinimumTls,
    Problem,
    Remedy,
    RequireAuth,
    Switch,
    TurnOff,
)
from batten.technologies import Unit
from batten.technologies.shared.settings.changes import FINDING_KEY, Change, fix_of, strong_suites, verified
from batten.technologies.shared.transport.tls import OLD_VERSIONS
from batten.technologies.stores.clickhouse.settings import configuration, form_of, parts, without_names
from batten.technologies.stores.clickhouse.store import facts, store

_OUTSIDERS = "clients and replicas on other machines"
CHANGES = (
    Change(
        remedy=RequireAuth,
        key="users.",
        title="require a password",
        question="which password has the user? write its SHA-256 hash into `password_sha256_hex` instead, or name a variable with the "
        "attribute `from_env`",
    ),
    Change(
        remedy=RequireAuth,
        title="keep the password out of the file",
        question="which variable has the password? name it with the attribute `from_env` in place of the text",
    ),
    Change(
        remedy=Bind, key="listen_host", title="listen on loopback only", value="{address}", breaks=_OUTSIDERS
    ),
    Change(
        remedy=TurnOff(Switch.PLAIN),
        title="close the port without TLS",
        drops=(FINDING_KEY,),
        breaks="clients that do not support TLS yet",
    ),
    Change(
        remedy=TurnOff(Switch.METRICS),
        key="prometheus",
        title="close the port of metrics",
        drops=(FINDING_KEY,),
        breaks="monitoring on other hosts",
    ),
    Change(
        remedy=AllowOrigins,
        title="let no page of another origin read answers",
        value="0",
        breaks="web pages on other origins: ClickHouse has no list of them, so a proxy has to have it",
    ),
    verified("strict", key="openSSL.client.verificationMode"),
    verified("RejectCertificateHandler"),
    Change(
        remedy=MinimumTls,
        title="require TLS 1.2",
        value="false",
        puts=(("openSSL.server.requireTLSv1_2", "true"),),
        breaks=OLD_VERSIONS,
    ),
    strong_suites("{suites}"),
)


def units(files: Sequence[str], workspace: Workspace) -> Iterable[Unit]:
    """A part beside its main file is read there, and the file of users beside the server's."""
    brought = {file: tuple(parts(file, workspace)) for file in files}
    inner = {part for file, found in brought.items() for part in found if part != file}
    mains = [file for file in files if file not in inner] or list(files)
    return [Unit("clickhouse", (file, *brought[file])) for file in mains]


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The server, its users, and the clients of its own. Raises SyntaxProblem and Unreadable of the main file."""
    told = configuration(unit, workspace)
    yield from told.problems
    found = store(told)
    if found is not None:
        yield found
    yield from facts(told)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make the remedy true in the file that the place is in, or None."""
    own = Unit(unit.technology, (at.source,))
    return fix_of(form_of(at.source), CHANGES, own, workspace, remedy, at)


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The settings that the files use, as the inventory spells them."""
    for given in configuration(unit, workspace).entries:
        yield without_names(given.key), given.at

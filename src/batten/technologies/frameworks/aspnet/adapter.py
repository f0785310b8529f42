"""ASP.NET: what its settings, and those of IIS, make of the application, and the values that fix it."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls.application import AllowHosts
from batten.facts import Fact
from batten.formats import Workspace
from batten.model import (
    AllowOrigins,
    Fix,
    Limit,
    Location,
    Problem,
    Quantity,
    Remedy,
    Switch,
    TurnOff,
    TurnOn,
)
from batten.technologies import Unit
from batten.technologies.frameworks.aspnet.code import reading as code
from batten.technologies.frameworks.aspnet.code import remedies
from batten.technologies.frameworks.aspnet.settings import (
    BROWSE,
    COOKIES,
    ERRORS,
    HOSTS,
    ORIGIN,
    ROWS,
    SIZE,
    TRACE,
    VERSION,
    facts,
)
from batten.technologies.frameworks.aspnet.sources import FORM, reading
from batten.technologies.shared.settings import rows
from batten.technologies.shared.settings.changes import Change, fix_of, tls_1_2, used
from batten.technologies.shared.transport.questions import ask_hosts

CODE = ".cs"
_UNTRUSTED = "servers whose certificate is not signed by a trusted authority, or has another name"
CHANGES = (
    *rows.changes((*ROWS, ERRORS, TRACE)),
    *(change for flags in COOKIES for change in rows.flag_changes(flags)),
    Change(
        remedy=AllowHosts,
        title="answer for the listed hosts only",
        key=HOSTS,
        value='"{hosts}"',
        breaks="clients that use another name or the address",
    ),
    Change(
        remedy=Limit(Quantity.BODY, "1m"),
        title="bound the size of requests",
        key=SIZE,
        value="30000000",
        breaks="clients that send larger requests",
    ),
    Change(
        remedy=TurnOff(Switch.LISTING),
        title="turn the listing of folders off",
        key=BROWSE,
        value="false",
        breaks="people who browse the folders",
    ),
    Change(
        remedy=TurnOff(Switch.BANNER),
        title="leave the version out of responses",
        key=VERSION,
        value="false",
        breaks="programs that read the header X-AspNet-Version",
    ),
    Change(
        remedy=AllowOrigins,
        title="name the origin that may read answers",
        key=ORIGIN,
        value="{origin}",
        breaks="web pages on other origins",
    ),
    Change(
        remedy=TurnOn(Switch.VERIFY_TLS),
        title="verify the certificate of the database",
        value="False",
        breaks=_UNTRUSTED,
    ),
    tls_1_2('["Tls12", "Tls13"]', key="Kestrel."),
)


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The settings that a unit's files use, as the inventory spells them."""
    if unit.main.endswith(CODE):
        yield from code.settings(unit.main, workspace)
    else:
        yield from used(FORM, unit, workspace)


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """Errors, hosts, cookies, connections and credentials, and what code sets up. Raises SyntaxProblem and Unreadable."""
    if unit.main.endswith(CODE):
        yield from code.facts(unit.main, workspace)
        return
    yield from facts(reading(unit.main, workspace), workspace.text(unit.main).text)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    if at.source.endswith(CODE):
        return remedies.write(workspace, remedy, at)
    if isinstance(remedy, AllowHosts) and not remedy.hosts:
        return ask_hosts("answer for the listed hosts only")
    return fix_of(FORM, CHANGES, unit, workspace, remedy, at)

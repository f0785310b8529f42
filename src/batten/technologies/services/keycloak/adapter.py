"""Keycloak: what the export of a realm allows, and the settings that fix it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Problem, RedirectToTls, Switch
from batten.technologies import Unit
from batten.technologies.services.keycloak.settings import facts
from batten.technologies.shared.settings.changes import (
    Change,
    fix_of,
    listed_origins,
    switched,
    used,
)
from batten.technologies.shared.settings.forms import JSON, reading
from batten.technologies.shared.transport.tls import PLAIN_CLIENTS

CHANGES = (
    Change(
        remedy=RedirectToTls,
        title="require TLS of clients on other machines",
        value='"external"',
        breaks=PLAIN_CLIENTS,
    ),
    switched(Switch.FLOW, "offer the authorization code only", "false", "applications that use this grant"),
    listed_origins("[{listed}]"),
)

write = partial(fix_of, JSON, CHANGES)
settings = partial(used, JSON)


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The realm, its clients and credentials. Raises SyntaxProblem and Unreadable."""
    yield from facts(reading(JSON, unit.main, workspace))

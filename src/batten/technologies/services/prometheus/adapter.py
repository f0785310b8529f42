"""Prometheus: whom it connects to and what it serves, and the settings that fix it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import MinimumTls, Problem, Switch, UseSuites
from batten.technologies import Unit
from batten.technologies.services.prometheus.settings import facts
from batten.technologies.shared.settings.changes import FINDING_KEY, Change, fix_of, switched, used, verified
from batten.technologies.shared.settings.forms import YAML, reading
from batten.technologies.shared.transport.tls import OLD_SUITES, OLD_VERSIONS

CHANGES = (
    verified("false"),
    switched(
        Switch.ACCESS_RULE,
        "verify the certificates of clients",
        "RequireAndVerifyClientCert",
        "clients without a certificate of the authority",
        on=True,
    ),
    Change(remedy=MinimumTls, title="require TLS 1.2", puts=((FINDING_KEY, "TLS12"),), breaks=OLD_VERSIONS),
    Change(
        remedy=UseSuites,
        title="offer strong suites only",
        puts=((FINDING_KEY, "[{iana}]"),),
        breaks=OLD_SUITES,
    ),
)

write = partial(fix_of, YAML, CHANGES)
settings = partial(used, YAML)


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """Connections, credentials and TLS. Raises SyntaxProblem and Unreadable."""
    yield from facts(reading(YAML, unit.main, workspace))

"""Prometheus: whom it connects to and what it serves, and the settings that fix it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Problem, Switch
from batten.technologies import Unit
from batten.technologies.services.prometheus.settings import facts
from batten.technologies.shared.settings.changes import (
    fix_of,
    strong_suites,
    switched,
    tls_1_2,
    used,
    verified,
)
from batten.technologies.shared.settings.forms import YAML, reading

CHANGES = (
    verified("false"),
    switched(
        Switch.ACCESS_RULE,
        "verify the certificates of clients",
        "RequireAndVerifyClientCert",
        "clients without a certificate of the authority",
        on=True,
    ),
    tls_1_2("TLS12"),
    strong_suites("[{iana}]"),
)

write = partial(fix_of, YAML, CHANGES)
settings = partial(used, YAML)


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """Connections, credentials and TLS. Raises SyntaxProblem and Unreadable."""
    yield from facts(reading(YAML, unit.main, workspace))

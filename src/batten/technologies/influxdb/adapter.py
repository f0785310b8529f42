"""InfluxDB 1.x: what influxdb.conf makes of the server, and the settings that fix it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Bind, MinimumTls, Problem, RequireAuth, Switch, UseSuites
from batten.technologies import Unit
from batten.technologies._containers.versions import image_version
from batten.technologies._edges.tls import OLD_SUITES, OLD_VERSIONS
from batten.technologies._settings.changes import HERE, MORE_LOG, Change, fix_of, switched, used, verified
from batten.technologies._settings.forms import TOML, reading
from batten.technologies.influxdb.store import facts, store

CHANGES = (
    Change(
        remedy=RequireAuth,
        key="http.auth-enabled",
        title="require a login",
        puts=((HERE, "true"),),
        breaks="clients that do not log in; create the first administrator before",
    ),
    Change(
        remedy=Bind,
        title="listen on loopback only",
        puts=((HERE, '"{address}:8086"'),),
        breaks="clients on other machines",
    ),
    switched(Switch.ACCESS_LOG, "log requests", "true", MORE_LOG, on=True),
    switched(Switch.CONSOLE, "turn the profiler off", "false", "people who profile the server"),
    verified("false"),
    Change(remedy=MinimumTls, title="require TLS 1.2", puts=((HERE, '"tls1.2"'),), breaks=OLD_VERSIONS),
    Change(
        remedy=UseSuites, title="offer strong suites only", puts=((HERE, "[{quoted}]"),), breaks=OLD_SUITES
    ),
)

write = partial(fix_of, TOML, CHANGES)
settings = partial(used, TOML)


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The server, its TLS, its log and its profiler. Raises SyntaxProblem and Unreadable."""
    told = reading(TOML, unit.main, workspace, image_version(unit.main, workspace, "influxdb"))
    yield store(told)
    yield from facts(told)

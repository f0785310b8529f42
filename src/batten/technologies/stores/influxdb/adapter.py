"""InfluxDB 1.x: what influxdb.conf makes of the server, and the settings that fix it."""

from __future__ import annotations

from batten.model import Bind, MinimumTls, RequireAuth, Switch, UseSuites
from batten.technologies.shared.settings.changes import FINDING_KEY, MORE_LOG, Change, switched, verified
from batten.technologies.shared.settings.forms import TOML
from batten.technologies.shared.settings.servers import server
from batten.technologies.shared.transport.tls import OLD_SUITES, OLD_VERSIONS
from batten.technologies.stores.influxdb.store import facts, store

CHANGES = (
    Change(
        remedy=RequireAuth,
        key="http.auth-enabled",
        title="require a login",
        puts=((FINDING_KEY, "true"),),
        breaks="clients that do not log in; create the first administrator before",
    ),
    Change(
        remedy=Bind,
        title="listen on loopback only",
        puts=((FINDING_KEY, '"{address}:8086"'),),
        breaks="clients on other machines",
    ),
    switched(Switch.ACCESS_LOG, "log requests", "true", MORE_LOG, on=True),
    switched(Switch.CONSOLE, "turn the profiler off", "false", "people who profile the server"),
    verified("false"),
    Change(
        remedy=MinimumTls, title="require TLS 1.2", puts=((FINDING_KEY, '"tls1.2"'),), breaks=OLD_VERSIONS
    ),
    Change(
        remedy=UseSuites,
        title="offer strong suites only",
        puts=((FINDING_KEY, "[{quoted}]"),),
        breaks=OLD_SUITES,
    ),
)

read, write, settings = server(TOML, CHANGES, store, facts, "influxdb")

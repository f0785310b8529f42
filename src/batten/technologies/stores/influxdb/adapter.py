"""InfluxDB 1.x: what influxdb.conf makes of the server, and the settings that fix it."""

from __future__ import annotations

from batten.model import RequireAuth, Switch
from batten.technologies.shared.settings.changes import (
    MORE_LOG,
    Change,
    loopback,
    strong_suites,
    switched,
    tls_1_2,
    verified,
)
from batten.technologies.shared.settings.forms import TOML
from batten.technologies.shared.settings.servers import server
from batten.technologies.stores.influxdb.store import facts, store

CHANGES = (
    Change(
        remedy=RequireAuth,
        key="http.auth-enabled",
        title="require a login",
        value="true",
        breaks="clients that do not log in; create the first administrator before",
    ),
    loopback('"{address}:8086"'),
    switched(Switch.ACCESS_LOG, "log requests", "true", MORE_LOG, on=True),
    switched(Switch.CONSOLE, "turn the profiler off", "false", "people who profile the server"),
    verified("false"),
    tls_1_2('"tls1.2"'),
    strong_suites("[{quoted}]"),
)

read, write, settings = server(TOML, CHANGES, store, facts, "influxdb")

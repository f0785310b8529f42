"""NATS: what nats-server.conf makes of the server, and the settings that fix it."""

from __future__ import annotations

from batten.model import RequireAuth, Switch, TurnOff
from batten.technologies.shared.settings.changes import (
    FINDING_KEY,
    Change,
    loopback,
    strong_suites,
    switched,
    verified,
)
from batten.technologies.shared.settings.forms import NATS
from batten.technologies.shared.settings.servers import server
from batten.technologies.stores.nats.store import facts, store

_LOGIN = "clients that do not log in"
_MONITORING = "monitoring on other hosts"
CHANGES = (
    Change(
        remedy=RequireAuth,
        key="no_auth_user",
        title="refuse clients without a name",
        drops=(FINDING_KEY,),
        breaks=_LOGIN,
    ),
    Change(
        remedy=RequireAuth,
        key="authorization",
        title="require a token of every client",
        puts=(("authorization.token", "${secret}"),),
        breaks=f"{_LOGIN}; the server takes the token from its environment",
    ),
    loopback('"{address}:{port}"', key="listen"),
    loopback(key="host"),
    switched(
        Switch.PLAIN,
        "require TLS of every client",
        "false",
        "clients that do not support TLS yet",
        key="allow_non_tls",
    ),
    Change(
        remedy=TurnOff(Switch.METRICS),
        key="http_port",
        title="turn the monitoring off",
        drops=(FINDING_KEY,),
        breaks=_MONITORING,
    ),
    Change(
        remedy=TurnOff(Switch.METRICS),
        title="serve the monitoring on loopback",
        value='"127.0.0.1:{port}"',
        key="http",
        breaks=_MONITORING,
    ),
    Change(
        remedy=TurnOff(Switch.CONSOLE),
        title="turn the profiler off",
        drops=(FINDING_KEY,),
        breaks="people who profile the server",
    ),
    verified("false"),
    strong_suites("[{quoted}]"),
)

read, write, settings = server(NATS, CHANGES, store, facts, "nats")

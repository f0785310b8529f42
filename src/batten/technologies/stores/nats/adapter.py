"""NATS: what nats-server.conf makes of the server, and the settings that fix it."""

from __future__ import annotations

from batten.model import Bind, RequireAuth, Switch, TurnOff, UseSuites
from batten.technologies.shared.settings.changes import FINDING_KEY, Change, switched, verified
from batten.technologies.shared.settings.forms import NATS
from batten.technologies.shared.settings.servers import server
from batten.technologies.shared.transport.tls import OLD_SUITES
from batten.technologies.stores.nats.store import facts, store

_LOGIN, _OUTSIDERS = "clients that do not log in", "clients on other machines"
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
    Change(
        remedy=Bind,
        key="listen",
        title="listen on loopback only",
        puts=((FINDING_KEY, '"{address}:{port}"'),),
        breaks=_OUTSIDERS,
    ),
    Change(
        remedy=Bind,
        key="host",
        title="listen on loopback only",
        puts=((FINDING_KEY, "{address}"),),
        breaks=_OUTSIDERS,
    ),
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
        puts=((FINDING_KEY, '"127.0.0.1:{port}"'),),
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
    Change(
        remedy=UseSuites,
        title="offer strong suites only",
        puts=((FINDING_KEY, "[{quoted}]"),),
        breaks=OLD_SUITES,
    ),
)

read, write, settings = server(NATS, CHANGES, store, facts, "nats")

"""Mosquitto: what mosquitto.conf makes of the broker, and the lines that fix it."""

from __future__ import annotations

from batten.model import Bind, MinimumTls, RequireAuth, Switch, TurnOff, TurnOn, UseSuites
from batten.technologies.shared.settings.changes import FINDING_KEY, Change
from batten.technologies.shared.settings.forms import SPACED
from batten.technologies.shared.settings.servers import server
from batten.technologies.shared.transport.tls import OLD_SUITES, OLD_VERSIONS
from batten.technologies.stores.mosquitto.store import facts, store

_MEANS = ("password_file", "plugin", "auth_plugin", "global_plugin", "psk_file")
CHANGES = (
    Change(
        remedy=RequireAuth,
        key="allow_anonymous",
        given=_MEANS,
        title="refuse clients without a name",
        puts=((FINDING_KEY, "false"),),
        breaks="clients that do not log in",
    ),
    Change(
        remedy=RequireAuth,
        key="allow_anonymous",
        title="refuse clients without a name",
        question="name a `password_file` that `mosquitto_passwd -c FILE USER` wrote, and set `allow_anonymous false`",
    ),
    Change(
        remedy=Bind,
        key="listener",
        title="listen on loopback only",
        puts=((FINDING_KEY, "{word} 127.0.0.1"),),
        breaks="clients on other machines",
    ),
    Change(
        remedy=TurnOff(Switch.PLAIN),
        key="listener",
        title="keep the listener without TLS to this machine",
        puts=((FINDING_KEY, "{word} 127.0.0.1"),),
        breaks="clients that do not support TLS yet",
    ),
    Change(
        remedy=TurnOn(Switch.ACCESS_LOG),
        key="log_dest",
        title="log to the standard error stream",
        puts=((FINDING_KEY, "stderr"),),
        breaks="the size of the service's log",
    ),
    Change(
        remedy=TurnOn(Switch.ACCESS_LOG),
        title="log connections",
        puts=((FINDING_KEY, "true"),),
        breaks="the size of the log",
    ),
    Change(
        remedy=TurnOn(Switch.VERIFY_TLS),
        title="verify the name in the remote broker's certificate",
        puts=((FINDING_KEY, "false"),),
        breaks="a bridge to a broker whose certificate has another name",
    ),
    Change(remedy=MinimumTls, title="require TLS 1.2", puts=((FINDING_KEY, "tlsv1.2"),), breaks=OLD_VERSIONS),
    Change(
        remedy=UseSuites,
        title="offer strong suites only",
        puts=((FINDING_KEY, "{suites}"),),
        breaks=OLD_SUITES,
    ),
)

read, write, settings = server(SPACED, CHANGES, store, facts, "eclipse-mosquitto")

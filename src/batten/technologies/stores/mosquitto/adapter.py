"""Mosquitto: what mosquitto.conf makes of the broker, and the lines that fix it."""

from __future__ import annotations

from batten.model import RequireAuth, Switch, TurnOff, TurnOn
from batten.technologies.shared.settings.changes import Change, loopback, strong_suites, tls_1_2
from batten.technologies.shared.settings.forms import SPACED
from batten.technologies.shared.settings.servers import server
from batten.technologies.stores.mosquitto.store import facts, store

_MEANS = ("password_file", "plugin", "auth_plugin", "global_plugin", "psk_file")
CHANGES = (
    Change(
        remedy=RequireAuth,
        key="allow_anonymous",
        given=_MEANS,
        title="refuse clients without a name",
        value="false",
        breaks="clients that do not log in",
    ),
    Change(
        remedy=RequireAuth,
        key="allow_anonymous",
        title="refuse clients without a name",
        question="name a `password_file` that `mosquitto_passwd -c FILE USER` wrote, and set `allow_anonymous false`",
    ),
    loopback("{word} 127.0.0.1", key="listener"),
    Change(
        remedy=TurnOff(Switch.PLAIN),
        key="listener",
        title="keep the listener without TLS to this machine",
        value="{word} 127.0.0.1",
        breaks="clients that do not support TLS yet",
    ),
    Change(
        remedy=TurnOn(Switch.ACCESS_LOG),
        key="log_dest",
        title="log to the standard error stream",
        value="stderr",
        breaks="the size of the service's log",
    ),
    Change(
        remedy=TurnOn(Switch.ACCESS_LOG), title="log connections", value="true", breaks="the size of the log"
    ),
    Change(
        remedy=TurnOn(Switch.VERIFY_TLS),
        title="verify the name in the remote broker's certificate",
        value="false",
        breaks="a bridge to a broker whose certificate has another name",
    ),
    tls_1_2("tlsv1.2"),
    strong_suites("{suites}"),
)

read, write, settings = server(SPACED, CHANGES, store, facts, "eclipse-mosquitto")

"""RabbitMQ: what rabbitmq.conf makes of the broker, and the lines that fix it."""

from __future__ import annotations

from batten.model import AllowOrigins, Bind, MinimumTls, RequireAuth, Switch, TurnOff, TurnOn
from batten.technologies._edges.tls import OLD_VERSIONS
from batten.technologies._settings.changes import HERE, MORE_LOG, Change, switched, verified
from batten.technologies._settings.forms import EQUALS
from batten.technologies._settings.servers import server
from batten.technologies.rabbitmq.store import facts, store

_OUTSIDERS = "clients on other machines"
CHANGES = (
    Change(
        remedy=RequireAuth,
        key="loopback_users",
        title="serve `guest` on this machine only",
        drops=(HERE,),
        breaks=f"{_OUTSIDERS} that log in as `guest`",
    ),
    Change(
        remedy=RequireAuth,
        key="anonymous_login_user",
        title="refuse anonymous logins",
        puts=((HERE, "none"),),
        breaks="clients that do not log in",
    ),
    Change(
        remedy=RequireAuth,
        key="stomp.default_user",
        title="refuse STOMP clients without a name",
        drops=("stomp.default_user", "stomp.default_pass", "stomp.implicit_connect"),
        breaks="STOMP clients that do not log in",
    ),
    Change(
        remedy=RequireAuth,
        key="default_",
        title="keep the password out of the file",
        question="remove the line, and set the password with `rabbitmqctl change_password`, or import it from definitions that are not committed",
    ),
    Change(
        remedy=Bind,
        key="listeners.tcp.1",
        title="listen on loopback only",
        puts=(("listeners.tcp.1", "127.0.0.1:5672"),),
        breaks=_OUTSIDERS,
    ),
    Change(
        remedy=Bind,
        key="listeners.",
        title="listen on loopback only",
        puts=((HERE, "{address}:{port}"),),
        breaks=_OUTSIDERS,
    ),
    Change(
        remedy=TurnOff(Switch.PLAIN),
        title="close the listener without TLS",
        puts=(("listeners.tcp", "none"),),
        breaks="clients that do not support TLS yet",
    ),
    switched(Switch.ACCESS_LOG, "log connections", "info", MORE_LOG, on=True),
    Change(
        remedy=TurnOn(Switch.ERROR_LOG),
        title="log to the standard output",
        puts=(("log.console", "true"),),
        breaks=MORE_LOG,
    ),
    switched(Switch.METRICS, "serve metrics on loopback", "127.0.0.1", "monitoring on other hosts"),
    verified("verify_peer"),
    Change(
        remedy=AllowOrigins,
        title="list the origins that may read the management API",
        puts=((HERE, "{origin}"),),
        breaks="web pages on other origins",
    ),
    Change(remedy=MinimumTls, title="require TLS 1.2", puts=((HERE, "tlsv1.2"),), breaks=OLD_VERSIONS),
)

read, write, settings = server(EQUALS, CHANGES, store, facts, "rabbitmq")

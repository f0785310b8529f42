"""Apache ZooKeeper: what zoo.cfg makes of the server, and the lines that fix it."""

from __future__ import annotations

from batten.model import Bind, RequireAuth, Switch, TurnOff
from batten.technologies.shared.settings.changes import Change, strong_suites, switched, tls_1_2, verified
from batten.technologies.shared.settings.forms import PROPERTIES
from batten.technologies.shared.settings.servers import server
from batten.technologies.stores.zookeeper.store import facts, store

_MONITORING = "monitoring on other hosts"
CHANGES = (
    Change(
        remedy=RequireAuth,
        key="enforce.auth",
        title="require a login of every session",
        puts=(
            ("authProvider.sasl", "org.apache.zookeeper.server.auth.SASLAuthenticationProvider"),
            ("enforce.auth.enabled", "true"),
            ("enforce.auth.schemes", "sasl"),
        ),
        breaks="clients that do not log in with SASL; name the users in a JAAS file, which the server is started with",
    ),
    Change(
        remedy=RequireAuth,
        key="ssl.clientAuth",
        title="require a client certificate",
        value="need",
        breaks="clients without a certificate",
    ),
    Change(
        remedy=Bind,
        title="listen on loopback only",
        value="{address}",
        breaks="clients and servers on other machines",
    ),
    Change(
        remedy=TurnOff(Switch.PLAIN),
        key="clientPort",
        title="close the port without TLS",
        drops=("clientPort", "clientPortAddress"),
        breaks="clients that do not support TLS yet",
    ),
    switched(Switch.SKIP_ACL, "check access lists", "no", "clients without the rights of what they use"),
    switched(
        Switch.FOUR_LETTER_COMMANDS,
        "allow the commands of health checks only",
        "srvr, ruok",
        "monitoring that uses other commands",
    ),
    switched(Switch.METRICS, "turn the AdminServer off", "false", _MONITORING, key="admin.enableServer"),
    switched(
        Switch.METRICS,
        "serve the AdminServer on loopback",
        "127.0.0.1",
        _MONITORING,
        key="admin.serverAddress",
    ),
    switched(
        Switch.METRICS, "serve metrics on loopback", "127.0.0.1", _MONITORING, key="metricsProvider.httpHost"
    ),
    Change(
        remedy=TurnOff(Switch.METRICS),
        key="metricsProvider.className",
        title="serve metrics on loopback",
        puts=(("metricsProvider.httpHost", "127.0.0.1"),),
        breaks=_MONITORING,
    ),
    verified("true"),
    tls_1_2("TLSv1.2,TLSv1.3"),
    strong_suites("{iana}"),
)

read, write, settings = server(PROPERTIES, CHANGES, store, facts, "zookeeper")

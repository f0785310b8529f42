"""Apache Kafka: what server.properties makes of the broker, and the lines that fix it."""

from __future__ import annotations

from batten.model import Bind, RequireAuth, Switch, TurnOff
from batten.technologies.shared.settings.changes import (
    FINDING_KEY,
    Change,
    strong_suites,
    switched,
    tls_1_2,
    verified,
)
from batten.technologies.shared.settings.forms import PROPERTIES
from batten.technologies.shared.settings.servers import server
from batten.technologies.stores.kafka.store import facts, store

CHANGES = (
    Change(
        remedy=RequireAuth,
        key="listeners",
        title="require a login of every client",
        question="give each listener the protocol SASL_SSL, and a `listener.name.NAME.scram-sha-512.sasl.jaas.config` that is not committed",
    ),
    Change(
        remedy=Bind,
        title="listen on loopback only",
        question="which address do clients use? write it in `listeners`",
    ),
    Change(
        remedy=TurnOff(Switch.PLAIN),
        title="close the listener without TLS",
        question="which clients still use the PLAINTEXT listener? remove it from `listeners` when none does",
    ),
    switched(
        Switch.ALLOW_EVERYONE, "deny what no ACL allows", "false", "clients that use resources without ACLs"
    ),
    Change(
        remedy=TurnOff(Switch.ANONYMOUS_SUPER_USER),
        title="give anonymous clients no right of their own",
        drops=(FINDING_KEY,),
        breaks="clients that do not log in",
    ),
    verified("https"),
    tls_1_2("TLSv1.2,TLSv1.3"),
    strong_suites("{iana}"),
)

read, write, settings = server(PROPERTIES, CHANGES, store, facts, "kafka", "kafka-native")

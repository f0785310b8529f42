"""Apache Kafka: what server.properties makes of the broker, and the lines that fix it."""

from __future__ import annotations

from batten.model import Bind, MinimumTls, RequireAuth, Switch, TurnOff, UseSuites
from batten.technologies.shared.settings.changes import FINDING_KEY, Change, switched, verified
from batten.technologies.shared.settings.forms import PROPERTIES
from batten.technologies.shared.settings.servers import server
from batten.technologies.shared.transport.tls import OLD_SUITES, OLD_VERSIONS
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
    Change(
        remedy=MinimumTls,
        title="require TLS 1.2",
        puts=((FINDING_KEY, "TLSv1.2,TLSv1.3"),),
        breaks=OLD_VERSIONS,
    ),
    Change(
        remedy=UseSuites, title="offer strong suites only", puts=((FINDING_KEY, "{iana}"),), breaks=OLD_SUITES
    ),
)

read, write, settings = server(PROPERTIES, CHANGES, store, facts, "kafka", "kafka-native")

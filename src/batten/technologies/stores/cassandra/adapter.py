"""Apache Cassandra: what cassandra.yaml makes of the node, and the settings that fix it."""

from __future__ import annotations

from batten.model import Bind, MinimumTls, RequireAuth, Switch, TurnOff, UseSuites
from batten.technologies.shared.settings.changes import FINDING_KEY, Change, switched, verified
from batten.technologies.shared.settings.forms import YAML
from batten.technologies.shared.settings.servers import server
from batten.technologies.shared.transport.tls import OLD_SUITES, OLD_VERSIONS
from batten.technologies.stores.cassandra.store import facts, store

CHANGES = (
    Change(
        remedy=RequireAuth,
        key="authenticator",
        title="require a login of every client",
        puts=((FINDING_KEY, "PasswordAuthenticator"),),
        breaks="clients that do not log in; the first user is `cassandra`, whose password is to be changed at once",
    ),
    Change(
        remedy=Bind,
        title="listen on loopback only",
        puts=((FINDING_KEY, "{address}"),),
        breaks="clients on other machines",
    ),
    Change(
        remedy=TurnOff(Switch.PLAIN),
        key="native_transport_port_ssl",
        title="require TLS at the one port",
        drops=(FINDING_KEY,),
        breaks="clients that do not support TLS yet, and those that use the second port",
    ),
    Change(
        remedy=TurnOff(Switch.PLAIN),
        title="require TLS",
        puts=((FINDING_KEY, "false"),),
        breaks="clients that do not support TLS yet",
    ),
    switched(
        Switch.EVERYONE_AUTHORIZED,
        "check the rights of users",
        "CassandraAuthorizer",
        "users without rights of their own",
    ),
    switched(
        Switch.SCRIPTED_FUNCTIONS, "refuse functions in scripts", "false", "queries that use such functions"
    ),
    verified("true"),
    Change(
        remedy=MinimumTls,
        title="require TLS 1.2",
        puts=((FINDING_KEY, "[TLSv1.2, TLSv1.3]"),),
        breaks=OLD_VERSIONS,
    ),
    Change(
        remedy=UseSuites,
        title="offer strong suites only",
        puts=((FINDING_KEY, "[{iana}]"),),
        breaks=OLD_SUITES,
    ),
)

read, write, settings = server(YAML, CHANGES, store, facts, "cassandra")

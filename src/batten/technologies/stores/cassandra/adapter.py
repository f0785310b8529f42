"""Apache Cassandra: what cassandra.yaml makes of the node, and the settings that fix it."""

from __future__ import annotations

from batten.model import RequireAuth, Switch, TurnOff
from batten.technologies.shared.settings.changes import (
    FINDING_KEY,
    Change,
    loopback,
    strong_suites,
    switched,
    tls_1_2,
    verified,
)
from batten.technologies.shared.settings.forms import YAML
from batten.technologies.shared.settings.servers import server
from batten.technologies.stores.cassandra.store import facts, store

CHANGES = (
    Change(
        remedy=RequireAuth,
        key="authenticator",
        title="require a login of every client",
        value="PasswordAuthenticator",
        breaks="clients that do not log in; the first user is `cassandra`, whose password is to be changed at once",
    ),
    loopback(),
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
        value="false",
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
    tls_1_2("[TLSv1.2, TLSv1.3]"),
    strong_suites("[{iana}]"),
)

read, write, settings = server(YAML, CHANGES, store, facts, "cassandra")

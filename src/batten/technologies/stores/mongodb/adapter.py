"""MongoDB: what mongod.conf makes of the server, and the settings that fix it."""

from __future__ import annotations

from batten.model import RequireAuth, Switch, TurnOff
from batten.technologies.shared.settings.changes import (
    MORE_LOG,
    Change,
    loopback,
    switched,
    tls_1_2,
    verified,
)
from batten.technologies.shared.settings.forms import YAML
from batten.technologies.shared.settings.servers import server
from batten.technologies.stores.mongodb.store import facts, store

_LOGIN = "clients that do not log in; create the first user from this machine before clients need it"
CHANGES = (
    Change(  # mongos does not start with the settings of mongod's: .../configuration-options/#mongodb-setting-security.authorization
        remedy=RequireAuth,
        key="security.authorization",
        given=("sharding.configDB",),
        title="require a login of every client",
        question="which key do the members of the cluster share? name its file in `security.keyFile`, as they do",
    ),
    Change(
        remedy=RequireAuth,
        key="security.authorization",
        title="require a login of every client",
        puts=(("security.authorization", "enabled"),),
        breaks=_LOGIN,
    ),
    Change(
        remedy=RequireAuth,
        key="security.transitionToAuth",
        title="end the transition to logins",
        value="false",
        breaks=_LOGIN,
    ),
    loopback("false", key="net.bindIpAll"),
    loopback(),
    Change(
        remedy=TurnOff(Switch.PLAIN),
        key="net.tls",
        title="require TLS",
        value="requireTLS",
        breaks="clients that do not support TLS yet",
    ),
    Change(
        remedy=TurnOff(Switch.PLAIN),
        key="net.ssl",
        title="require TLS",
        value="requireSSL",
        breaks="clients that do not support TLS yet",
    ),
    switched(
        Switch.TEST_COMMANDS, "refuse the commands of MongoDB's own tests", "false", "programs that use them"
    ),
    switched(Switch.ACCESS_LOG, "log connections", "false", MORE_LOG, on=True),
    verified("false"),
    tls_1_2("TLS1_0,TLS1_1"),
)

read, write, settings = server(YAML, CHANGES, store, facts, "mongo", "mongodb")

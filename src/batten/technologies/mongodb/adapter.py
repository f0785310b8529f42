"""MongoDB: what mongod.conf makes of the server, and the settings that fix it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Bind, MinimumTls, Problem, RequireAuth, Switch, TurnOff
from batten.technologies import Unit
from batten.technologies._containers.versions import image_version
from batten.technologies._edges.tls import OLD_VERSIONS
from batten.technologies._settings.changes import HERE, MORE_LOG, Change, fix_of, switched, used, verified
from batten.technologies._settings.forms import YAML, reading
from batten.technologies.mongodb.store import facts, store

_LOGIN = "clients that do not log in; create the first user from this machine before clients need it"
_OUTSIDERS = "clients on other machines"
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
        puts=((HERE, "false"),),
        breaks=_LOGIN,
    ),
    Change(
        remedy=Bind,
        key="net.bindIpAll",
        title="listen on loopback only",
        puts=((HERE, "false"),),
        breaks=_OUTSIDERS,
    ),
    Change(remedy=Bind, title="listen on loopback only", puts=((HERE, "{address}"),), breaks=_OUTSIDERS),
    Change(
        remedy=TurnOff(Switch.PLAIN),
        key="net.tls",
        title="require TLS",
        puts=((HERE, "requireTLS"),),
        breaks="clients that do not support TLS yet",
    ),
    Change(
        remedy=TurnOff(Switch.PLAIN),
        key="net.ssl",
        title="require TLS",
        puts=((HERE, "requireSSL"),),
        breaks="clients that do not support TLS yet",
    ),
    switched(
        Switch.TEST_COMMANDS, "refuse the commands of MongoDB's own tests", "false", "programs that use them"
    ),
    switched(Switch.ACCESS_LOG, "log connections", "false", MORE_LOG, on=True),
    verified("false"),
    Change(remedy=MinimumTls, title="require TLS 1.2", puts=((HERE, "TLS1_0,TLS1_1"),), breaks=OLD_VERSIONS),
)

write = partial(fix_of, YAML, CHANGES)
settings = partial(used, YAML)


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The server, its TLS, its log and its passwords. Raises SyntaxProblem and Unreadable."""
    told = reading(YAML, unit.main, workspace, image_version(unit.main, workspace, "mongo", "mongodb"))
    yield store(told)
    yield from facts(told)

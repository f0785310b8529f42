"""NATS: what nats-server.conf makes of the server, and the settings that fix it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Bind, Problem, RequireAuth, Switch, TurnOff, UseSuites
from batten.technologies import Unit
from batten.technologies._containers.versions import image_version
from batten.technologies._edges.tls import OLD_SUITES
from batten.technologies._settings.changes import HERE, Change, fix_of, switched, used, verified
from batten.technologies._settings.forms import NATS, reading
from batten.technologies.nats.store import facts, store

_LOGIN, _OUTSIDERS = "clients that do not log in", "clients on other machines"
_MONITORING = "monitoring on other hosts"
CHANGES = (
    Change(
        remedy=RequireAuth,
        key="no_auth_user",
        title="refuse clients without a name",
        drops=(HERE,),
        breaks=_LOGIN,
    ),
    Change(
        remedy=RequireAuth,
        key="authorization",
        title="require a token of every client",
        puts=(("authorization.token", "${secret}"),),
        breaks=f"{_LOGIN}; the server takes the token from its environment",
    ),
    Change(
        remedy=Bind,
        key="listen",
        title="listen on loopback only",
        puts=((HERE, '"{address}:{port}"'),),
        breaks=_OUTSIDERS,
    ),
    Change(
        remedy=Bind,
        key="host",
        title="listen on loopback only",
        puts=((HERE, "{address}"),),
        breaks=_OUTSIDERS,
    ),
    switched(
        Switch.PLAIN,
        "require TLS of every client",
        "false",
        "clients that do not support TLS yet",
        key="allow_non_tls",
    ),
    Change(
        remedy=TurnOff(Switch.METRICS),
        key="http_port",
        title="turn the monitoring off",
        drops=(HERE,),
        breaks=_MONITORING,
    ),
    Change(
        remedy=TurnOff(Switch.METRICS),
        title="serve the monitoring on loopback",
        puts=((HERE, '"127.0.0.1:{port}"'),),
        key="http",
        breaks=_MONITORING,
    ),
    Change(
        remedy=TurnOff(Switch.CONSOLE),
        title="turn the profiler off",
        drops=(HERE,),
        breaks="people who profile the server",
    ),
    verified("false"),
    Change(
        remedy=UseSuites, title="offer strong suites only", puts=((HERE, "[{quoted}]"),), breaks=OLD_SUITES
    ),
)

write = partial(fix_of, NATS, CHANGES)
settings = partial(used, NATS)


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The server, its TLS, its monitoring and its passwords. Raises SyntaxProblem and Unreadable."""
    told = reading(NATS, unit.main, workspace, image_version(unit.main, workspace, "nats"))
    yield store(told)
    yield from facts(told)

"""Elasticsearch: what elasticsearch.yml makes of the server, and the settings that fix it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import MinimumTls, Problem, RequireAuth, Switch, UseSuites
from batten.technologies import Unit
from batten.technologies._containers.versions import image_version
from batten.technologies._edges.tls import OLD_SUITES, OLD_VERSIONS
from batten.technologies._settings.changes import (
    HERE,
    MORE_LOG,
    SEARCH,
    Change,
    fix_of,
    switched,
    used,
    verified,
)
from batten.technologies._settings.forms import DOTTED_YAML, reading
from batten.technologies.elasticsearch.store import facts, store

_LOGIN = "clients that do not log in"
CHANGES = (
    Change(
        remedy=RequireAuth,
        key="xpack.security.enabled",
        title="turn security on",
        puts=((HERE, "true"),),
        breaks=f"{_LOGIN}; set a password with elasticsearch-reset-password",
    ),
    Change(
        remedy=RequireAuth,
        key="xpack.security.authc.anonymous",
        title="refuse anonymous clients",
        drops=(HERE,),
        breaks=_LOGIN,
    ),
    *SEARCH,
    verified("full"),
    switched(Switch.ACCESS_LOG, "write an audit log", "true", MORE_LOG, on=True),
    Change(
        remedy=MinimumTls,
        title="require TLS 1.2",
        puts=((HERE, "[TLSv1.3, TLSv1.2]"),),
        breaks=OLD_VERSIONS,
    ),
    Change(remedy=UseSuites, title="offer strong suites only", puts=((HERE, "[{iana}]"),), breaks=OLD_SUITES),
)

write = partial(fix_of, DOTTED_YAML, CHANGES)
settings = partial(used, DOTTED_YAML)


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The server, its TLS, its origins and its passwords. Raises SyntaxProblem and Unreadable."""
    told = reading(DOTTED_YAML, unit.main, workspace, image_version(unit.main, workspace, "elasticsearch"))
    yield store(told)
    yield from facts(told)

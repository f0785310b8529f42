"""OpenSearch: what opensearch.yml makes of the server, and the settings that fix it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import MinimumTls, Problem, RequireAuth, Switch, UseSuites
from batten.technologies import Unit
from batten.technologies._containers.versions import image_version
from batten.technologies._edges.tls import OLD_SUITES, OLD_VERSIONS
from batten.technologies._settings.changes import HERE, SEARCH, Change, fix_of, switched, used, verified
from batten.technologies._settings.forms import DOTTED_YAML, reading
from batten.technologies.opensearch.store import facts, store

CHANGES = (
    Change(
        remedy=RequireAuth,
        title="turn the security plugin on",
        puts=((HERE, "false"),),
        breaks="clients that do not log in; the plugin needs certificates and a password of `admin`",
    ),
    *SEARCH,
    switched(
        Switch.DEMO_CERTIFICATES,
        "refuse the certificates of the demonstration",
        "false",
        "the start of a server that has no certificates of its own",
    ),
    verified("true"),
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
    told = reading(DOTTED_YAML, unit.main, workspace, image_version(unit.main, workspace, "opensearch"))
    yield store(told)
    yield from facts(told)

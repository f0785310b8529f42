"""OpenSearch: what opensearch.yml makes of the server, and the settings that fix it."""

from __future__ import annotations

from batten.model import MinimumTls, RequireAuth, Switch, UseSuites
from batten.technologies.shared.settings.changes import FINDING_KEY, SEARCH, Change, switched, verified
from batten.technologies.shared.settings.forms import DOTTED_YAML
from batten.technologies.shared.settings.servers import server
from batten.technologies.shared.transport.tls import OLD_SUITES, OLD_VERSIONS
from batten.technologies.stores.opensearch.store import facts, store

CHANGES = (
    Change(
        remedy=RequireAuth,
        title="turn the security plugin on",
        puts=((FINDING_KEY, "false"),),
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
        puts=((FINDING_KEY, "[TLSv1.3, TLSv1.2]"),),
        breaks=OLD_VERSIONS,
    ),
    Change(
        remedy=UseSuites,
        title="offer strong suites only",
        puts=((FINDING_KEY, "[{iana}]"),),
        breaks=OLD_SUITES,
    ),
)

read, write, settings = server(DOTTED_YAML, CHANGES, store, facts, "opensearch")

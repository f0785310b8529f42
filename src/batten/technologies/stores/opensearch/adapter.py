"""OpenSearch: what opensearch.yml makes of the server, and the settings that fix it."""

from __future__ import annotations

from batten.model import RequireAuth, Switch
from batten.technologies.shared.settings.changes import (
    SEARCH,
    Change,
    strong_suites,
    switched,
    tls_1_2,
    verified,
)
from batten.technologies.shared.settings.forms import DOTTED_YAML
from batten.technologies.shared.settings.servers import server
from batten.technologies.stores.opensearch.store import facts, store

CHANGES = (
    Change(
        remedy=RequireAuth,
        title="turn the security plugin on",
        value="false",
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
    tls_1_2("[TLSv1.3, TLSv1.2]"),
    strong_suites("[{iana}]"),
)

read, write, settings = server(DOTTED_YAML, CHANGES, store, facts, "opensearch")

"""Elasticsearch: what elasticsearch.yml makes of the server, and the settings that fix it."""

from __future__ import annotations

from batten.model import RequireAuth, Switch
from batten.technologies.shared.settings.changes import (
    FINDING_KEY,
    MORE_LOG,
    SEARCH,
    Change,
    strong_suites,
    switched,
    tls_1_2,
    verified,
)
from batten.technologies.shared.settings.forms import DOTTED_YAML
from batten.technologies.shared.settings.servers import server
from batten.technologies.stores.elasticsearch.store import facts, store

_LOGIN = "clients that do not log in"
CHANGES = (
    Change(
        remedy=RequireAuth,
        key="xpack.security.enabled",
        title="turn security on",
        value="true",
        breaks=f"{_LOGIN}; set a password with elasticsearch-reset-password",
    ),
    Change(
        remedy=RequireAuth,
        key="xpack.security.authc.anonymous",
        title="refuse anonymous clients",
        drops=(FINDING_KEY,),
        breaks=_LOGIN,
    ),
    *SEARCH,
    verified("full"),
    switched(Switch.ACCESS_LOG, "write an audit log", "true", MORE_LOG, on=True),
    tls_1_2("[TLSv1.3, TLSv1.2]"),
    strong_suites("[{iana}]"),
)

read, write, settings = server(DOTTED_YAML, CHANGES, store, facts, "elasticsearch")

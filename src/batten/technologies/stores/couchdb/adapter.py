"""Apache CouchDB: what an ini file makes of the server, and the settings that fix it."""

from __future__ import annotations

from batten.model import RequireAuth, Switch
from batten.technologies.shared.settings.changes import (
    FINDING_KEY,
    MORE_LOG,
    Change,
    listed_origins,
    loopback,
    switched,
    tls_1_2,
    verified,
)
from batten.technologies.shared.settings.forms import INI
from batten.technologies.shared.settings.servers import server
from batten.technologies.stores.couchdb.store import facts, store

_LOGIN = "clients that do not log in"
CHANGES = (
    Change(
        remedy=RequireAuth,
        key="couchdb.default_security",
        title="keep new databases to administrators",
        value="admin_only",
        breaks=f"{_LOGIN}, in databases that are created from now on",
    ),
    Change(
        remedy=RequireAuth,
        key="chttpd.authentication_handlers",
        title="require a login",
        drops=(FINDING_KEY,),
        breaks=_LOGIN,
    ),
    loopback(),
    listed_origins("{origins}"),
    switched(Switch.ACCESS_LOG, "log requests", "info", MORE_LOG, on=True),
    verified("true"),
    tls_1_2("['tlsv1.2', 'tlsv1.3']"),
)

read, write, settings = server(INI, CHANGES, store, facts, "couchdb")

"""Apache CouchDB: what an ini file makes of the server, and the settings that fix it."""

from __future__ import annotations

from batten.model import AllowOrigins, Bind, MinimumTls, RequireAuth, Switch
from batten.technologies.shared.settings.changes import FINDING_KEY, MORE_LOG, Change, switched, verified
from batten.technologies.shared.settings.forms import INI
from batten.technologies.shared.settings.servers import server
from batten.technologies.shared.transport.tls import OLD_VERSIONS
from batten.technologies.stores.couchdb.store import facts, store

_LOGIN = "clients that do not log in"
CHANGES = (
    Change(
        remedy=RequireAuth,
        key="couchdb.default_security",
        title="keep new databases to administrators",
        puts=((FINDING_KEY, "admin_only"),),
        breaks=f"{_LOGIN}, in databases that are created from now on",
    ),
    Change(
        remedy=RequireAuth,
        key="chttpd.authentication_handlers",
        title="require a login",
        drops=(FINDING_KEY,),
        breaks=_LOGIN,
    ),
    Change(
        remedy=Bind,
        title="listen on loopback only",
        puts=((FINDING_KEY, "{address}"),),
        breaks="clients on other machines",
    ),
    Change(
        remedy=AllowOrigins,
        title="list the origins that may read answers",
        puts=((FINDING_KEY, "{origins}"),),
        breaks="web pages on other origins",
    ),
    switched(Switch.ACCESS_LOG, "log requests", "info", MORE_LOG, on=True),
    verified("true"),
    Change(
        remedy=MinimumTls,
        title="require TLS 1.2",
        puts=((FINDING_KEY, "['tlsv1.2', 'tlsv1.3']"),),
        breaks=OLD_VERSIONS,
    ),
)

read, write, settings = server(INI, CHANGES, store, facts, "couchdb")

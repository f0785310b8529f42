"""Chroma: what the file of its server makes of it, and the settings that fix it.

Sources: https://docs.trychroma.com/reference/server-env-vars and the server of chromadb 1: it has no logins, listens on 0.0.0.0:8000,
and sends no headers for other origins, unless the file says otherwise; with `allow_reset` a request without a body deletes all data.
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact, OriginKind, OriginRule, Store
from batten.model import Bind, RequireAuth, Setting, Switch
from batten.technologies.shared.settings.changes import Change, listed_origins, switched
from batten.technologies.shared.settings.forms import YAML
from batten.technologies.shared.settings.offers import cors_policy, switched_on
from batten.technologies.shared.settings.servers import server
from batten.technologies.shared.settings.settings import Settings, listed

_PORT = 8000
CHANGES = (
    Change(
        remedy=Bind,
        title="listen on loopback only",
        puts=(("listen_address", '"{address}"'),),
        breaks="clients on other machines",
    ),
    Change(
        remedy=RequireAuth,
        title="put a proxy that requires a login in front",
        question="which proxy asks clients for a credential? Chroma's server has no logins: let it listen where only the proxy reaches it "
        "(listen_address)",
    ),
    listed_origins("[{listed}]"),
    switched(Switch.RESET, "refuse requests that delete all data", "false", "tests that reset the server"),
)


def _store(server_settings: Settings) -> Store:
    return Store(
        server_settings.at,
        product="chroma",
        authentication=server_settings.absent("listen_address", False),
        addresses=server_settings.words("listen_address", ("0.0.0.0",)),
        port=server_settings.number("port", _PORT),
        version=server_settings.version,
        dangerous=tuple(switched_on(server_settings, {"allow_reset": Switch.RESET})),
        configured_by=(server_settings.path,),
    )


def _facts(server_settings: Settings) -> Iterator[Fact]:
    """Pages of other origins that may use the API."""
    allowed = server_settings.word("cors_allow_origins")
    if not allowed.known(""):
        return
    rules = tuple(
        OriginRule(OriginKind.ANY if word == "*" else OriginKind.EXACT, Setting(word, allowed.at))
        for word in listed(allowed.known(""))
    )
    yield cors_policy(allowed.at, rules)


read, write, settings = server(YAML, CHANGES, _store, _facts, "chroma")

"""Keycloak: what the export of a realm allows, and the settings that fix it."""

from __future__ import annotations

from batten.model import RedirectToTls, Switch
from batten.technologies.services.keycloak.settings import facts
from batten.technologies.shared.settings.changes import Change, listed_origins, switched
from batten.technologies.shared.settings.forms import JSON
from batten.technologies.shared.settings.servers import server
from batten.technologies.shared.transport.tls import PLAIN_CLIENTS

CHANGES = (
    Change(
        remedy=RedirectToTls,
        title="require TLS of clients on other machines",
        value='"external"',
        breaks=PLAIN_CLIENTS,
    ),
    switched(Switch.FLOW, "offer the authorization code only", "false", "applications that use this grant"),
    listed_origins("[{listed}]"),
)

read, write, settings = server(JSON, CHANGES, None, facts)

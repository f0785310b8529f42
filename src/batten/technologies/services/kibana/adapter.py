"""Kibana: what kibana.yml lets visitors do, and the settings that fix it."""

from __future__ import annotations

from batten.model import Limit, Quantity, SetHeader, Switch
from batten.technologies.services.kibana.settings import COOKIE, facts
from batten.technologies.shared.settings.changes import (
    Change,
    listed_origins,
    strong_suites,
    switched,
    tls_1_2,
    verified,
)
from batten.technologies.shared.settings.forms import DOTTED_YAML
from batten.technologies.shared.settings.rows import flag_changes
from batten.technologies.shared.settings.servers import server

_VISITORS = "visitors who do not log in"
CHANGES = (
    switched(Switch.CONSOLE, "require a login", "true", _VISITORS, key="xpack.security.enabled"),
    switched(Switch.CONSOLE, "require a login", "false", _VISITORS, key="xpack.security.authc.providers"),
    verified("full"),
    *flag_changes(COOKIE),
    Change(remedy=SetHeader, title="refuse to be framed", key="server.securityResponseHeaders.disableEmbedding", value="true", breaks="pages that embed Kibana"),
    Change(remedy=Limit(Quantity.BODY, "1m"), title="bound the size of requests", value="1048576", breaks="people who import larger files"),
    listed_origins("[{listed}]"),
    tls_1_2("[TLSv1.2, TLSv1.3]"),
    strong_suites("[{quoted}]"),
)  # fmt: skip

read, write, settings = server(DOTTED_YAML, CHANGES, None, facts, "kibana")

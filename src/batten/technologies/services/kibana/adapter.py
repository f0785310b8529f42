"""Kibana: what kibana.yml lets visitors do, and the settings that fix it."""

from __future__ import annotations

from batten.model import AllowOrigins, Limit, MinimumTls, Quantity, SetHeader, Switch, UseSuites
from batten.technologies.services.kibana.settings import COOKIE, facts, nothing
from batten.technologies.shared.settings.changes import FINDING_KEY, Change, switched, verified
from batten.technologies.shared.settings.forms import DOTTED_YAML
from batten.technologies.shared.settings.rows import flag_changes
from batten.technologies.shared.settings.servers import server
from batten.technologies.shared.transport.tls import OLD_SUITES, OLD_VERSIONS

_VISITORS = "visitors who do not log in"
CHANGES = (
    switched(Switch.CONSOLE, "require a login", "true", _VISITORS, key="xpack.security.enabled"),
    switched(Switch.CONSOLE, "require a login", "false", _VISITORS, key="xpack.security.authc.providers"),
    verified("full"),
    *flag_changes(COOKIE),
    Change(
        remedy=SetHeader,
        title="refuse to be framed",
        key="server.securityResponseHeaders.disableEmbedding",
        puts=((FINDING_KEY, "true"),),
        breaks="pages that embed Kibana",
    ),
    Change(
        remedy=Limit(Quantity.BODY, "1m"),
        title="bound the size of requests",
        puts=((FINDING_KEY, "1048576"),),
        breaks="people who import larger files",
    ),
    Change(
        remedy=AllowOrigins,
        title="list the origins that may read answers",
        puts=((FINDING_KEY, "[{listed}]"),),
        breaks="web pages on other origins",
    ),
    Change(
        remedy=MinimumTls,
        title="require TLS 1.2",
        puts=((FINDING_KEY, "[TLSv1.2, TLSv1.3]"),),
        breaks=OLD_VERSIONS,
    ),
    Change(remedy=UseSuites, title="offer strong suites only", puts=((FINDING_KEY, "[{quoted}]"),), breaks=OLD_SUITES),
)  # fmt: skip

read, write, settings = server(DOTTED_YAML, CHANGES, nothing, facts, "kibana")

"""Prometheus: whom it connects to and what it serves, and the settings that fix it."""

from __future__ import annotations

from batten.model import Switch
from batten.technologies.services.prometheus.settings import facts
from batten.technologies.shared.settings.changes import strong_suites, switched, tls_1_2, verified
from batten.technologies.shared.settings.forms import YAML
from batten.technologies.shared.settings.servers import server

CHANGES = (
    verified("false"),
    switched(
        Switch.ACCESS_RULE,
        "verify the certificates of clients",
        "RequireAndVerifyClientCert",
        "clients without a certificate of the authority",
        on=True,
    ),
    tls_1_2("TLS12"),
    strong_suites("[{iana}]"),
)

read, write, settings = server(YAML, CHANGES, None, facts)

"""How HAProxy is started for a trial (https://docs.haproxy.org/3.0/management.html#3)."""

from __future__ import annotations

from batten.cell import COPY
from batten.harden.edges.haproxy.rendering import FILE
from batten.harden.trial import Launch

LAUNCH = Launch(arguments=("-db", "-f", f"{COPY}/{FILE}"), harmless=("-v",))

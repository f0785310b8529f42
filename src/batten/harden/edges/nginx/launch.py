"""How nginx is started for a trial (https://nginx.org/en/docs/switches.html)."""

from __future__ import annotations

from batten.cell import COPY, ROOM
from batten.harden.edges.nginx.rendering import FILE
from batten.harden.trial import Launch

LAUNCH = Launch(
    arguments=("-p", f"{ROOM}/", "-c", f"{COPY}/{FILE}", "-g", "daemon off;"), harmless=("-v",), forks=True
)

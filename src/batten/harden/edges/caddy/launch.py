"""How Caddy is started for a trial (https://caddyserver.com/docs/command-line)."""

from __future__ import annotations

from batten.cell import COPY, ROOM
from batten.harden.edges.caddy.rendering import FILE
from batten.harden.trial import Launch

LAUNCH = Launch(
    arguments=("run", "--config", f"{COPY}/{FILE}", "--adapter", "caddyfile"),
    harmless=("version",),
    environment={"XDG_DATA_HOME": ROOM, "XDG_CONFIG_HOME": ROOM, "HOME": ROOM},
    itself=True,
    reserves=True,
)

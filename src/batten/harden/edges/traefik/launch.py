"""How Traefik is started for a trial (https://doc.traefik.io/traefik/reference/install-configuration/cli-options-list/)."""

from __future__ import annotations

from batten.cell import COPY, ROOM
from batten.harden.edges.traefik.rendering import STATIC
from batten.harden.trial import Lack, Launch

LAUNCH = Launch(
    arguments=(f"--configFile={COPY}/{STATIC}",),
    harmless=("version",),
    itself=True,
    environment={"HOME": ROOM},
    reserves=True,
    lacks=frozenset({Lack.PROBLEMS, Lack.KINDS}),
)

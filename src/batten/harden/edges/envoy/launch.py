"""How Envoy is started for a trial (https://www.envoyproxy.io/docs/envoy/latest/operations/cli)."""

from __future__ import annotations

from batten.cell import COPY
from batten.harden.edges.envoy.rendering import FILE
from batten.harden.trial import Launch

LAUNCH = Launch(
    arguments=(
        "-c", f"{COPY}/{FILE}", "--disable-hot-restart", "--concurrency", "1", "--log-level", "error",
        "--service-node", "trial", "--service-cluster", "trial",
    ),
    harmless=("--version",),
    reserves=True,
)  # fmt: skip

"""Where requests come into a cluster: Ingress, Traefik's kinds and the Gateway API.

`facts(objects, workspace)` and `write(objects, workspace, remedy, at)` take all objects of a unit; `write` is None
for what is not below an object of `KINDS`.
"""

from batten.technologies.orchestration.kubernetes.edge.facts import facts
from batten.technologies.orchestration.kubernetes.edge.remedies import KINDS, write

__all__ = ["KINDS", "facts", "write"]

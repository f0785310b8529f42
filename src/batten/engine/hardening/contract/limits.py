"""The limits that the edge enforces, for callers to know: `x-batten-limits`."""

from __future__ import annotations

from batten.contract import Place
from batten.engine.hardening.contract.answers import Engine
from batten.engine.hardening.contract.editing import Editing
from batten.formats.tree import Plain
from batten.harden.edge import Edge

LIMITS = "x-batten-limits"


def put_limits(editing: Editing, edge: Edge, engine: Engine) -> None:
    """Of the whole edge, and the largest body in bytes of each operation that takes one."""
    bodies = {route.path.template: route.body for route in edge.routes}
    placed = dict[Place, int]()
    for operation in editing.contract.operations:
        if operation.body is not None and operation.path in bodies:
            placed[operation.place] = max(bodies[operation.path], placed.get(operation.place, 0))
    for place, body in placed.items():
        editing.put(place, LIMITS, {"body": body}, ("responses",))
    # Bytes; requests a second and connections are those of one address.
    found: dict[str, Plain] = {"body": edge.body}
    if engine.gives("414"):
        found["target"] = engine.target
    if engine.gives("429"):
        found["requests"] = edge.rate
    if engine.counts:
        found["connections"] = edge.connections
    editing.put(Place(editing.contract.path), LIMITS, found, ("paths", "webhooks"))

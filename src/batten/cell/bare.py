"""No cell, on the user's word (`--trust`): still the empty environment, the copies and the bounds."""

from __future__ import annotations

from batten.cell.landlock import launched
from batten.cell.order import Order
from batten.cell.place import Place, Started, Unable

MADE = b"ready"


def started(order: Order, place: Place, log: int | None) -> Started | Unable:
    """The order's program, running; or why not."""
    return launched(order, place, log, {"bare": True})

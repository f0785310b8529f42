from __future__ import annotations

from batten.model import Location
from batten.model.record import record


@record
class Fact:
    """The root of all facts. `at` names the thing; its pointer is the thing's identity by name."""

    at: Location

from __future__ import annotations

from dataclasses import dataclass

from batten.model import Location


@dataclass(frozen=True, slots=True)
class Fact:
    """The root of all facts. `at` names the thing; its pointer is the thing's identity by name."""

    at: Location

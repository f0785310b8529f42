"""What the variables of a workload switch on or off, whatever orchestrator sets them."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Feature
from batten.model import Location, Setting
from batten.technologies.shared.containers import switches


def switched(name: str, text: str, at: Location) -> Iterator[Feature]:
    """Modes for developers, actuators, details of errors, any Host, certificates that are not verified."""
    for feature, on, what in switches.features(name, text):
        yield Feature(at, feature, Setting(on, at), what)

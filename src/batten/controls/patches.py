"""Products that still get security fixes."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls._cycles import end_of_life, successor
from batten.controls._registry import control
from batten.facts import Component
from batten.model import Pin, Severity, Violation
from batten.policy import Policy


@control(
    "Every product in use still gets security fixes",
    Severity.HIGH,
    "V2",
    "https://endoflife.date, CWE-1104",
)
def component_supported(component: Component, policy: Policy) -> Iterator[Violation]:
    """A flaw found after a release's end of life is public, and stays open."""
    version = component.version.known("")
    ended = end_of_life(component.product, version) if version and not component.backported else None
    if ended is not None and ended.day <= policy.today:
        message = f"{component.product} {ended.cycle} has had no security fixes since {ended.day.isoformat()}"
        yield Violation(message, component.version.at, Pin(successor(component.product)))

"""Products that still get security fixes."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls._cycles import end_of_life, successor
from batten.controls._registry import control
from batten.facts import Component
from batten.model import UNTOLD, Pin, Severity, Violation
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
    ended = end_of_life(component.product, version) if version else None
    if ended is None or ended.day > policy.today:
        return
    if component.backported:
        message = (
            f"{component.product} {ended.cycle} has had no fixes from its makers since {ended.day.isoformat()}; this "
            "looks like a distribution's build, which may be patched under the same version"
        )
        yield Violation(UNTOLD, message, component.version.at, severity=Severity.INFO)
    else:
        message = f"{component.product} {ended.cycle} has had no security fixes since {ended.day.isoformat()}"
        yield Violation(UNTOLD, message, component.version.at, Pin(successor(component.product)))

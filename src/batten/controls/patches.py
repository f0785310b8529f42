"""Products that still get security fixes."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls._cycles import Ended, end_of_life, end_of_standard, successor
from batten.controls._registry import control
from batten.facts import Component
from batten.model import Case, Pin, Severity, Violation
from batten.policy import Policy


class ComponentSupported(Case):
    ENDED = "end-of-life", "Move to a release that still receives security fixes."
    BACKPORTED = "end-of-life-backported", "Check that the distribution still patches this version."
    EXTENDED = "extended-support", "Move to a release in standard support before extended support ends."


@control(
    "Every product in use still receives security fixes",
    Severity.HIGH,
    "V2",
    "https://endoflife.date, CWE-1104",
)
def component_supported(component: Component, policy: Policy) -> Iterator[Violation]:
    """A flaw that is found after a release's end of life becomes public and is never fixed."""
    version = component.version.known("")
    ended = end_of_life(component.product, version) if version else None
    if ended is None or ended.day > policy.today:
        yield from _extended(component, version, ended, policy)
        return
    if component.doubt:
        message = f"{component.product} {ended.cycle} may have received no security fixes since {ended.day.isoformat()}: {component.doubt}"
        yield Violation(ComponentSupported.ENDED, message, component.version.at, severity=Severity.LOW)
        return
    since = f"has received no security fixes since {ended.day.isoformat()}"
    if component.backported:
        message = f"{component.product} {ended.cycle} {since} from its vendor; this may be a patched distribution build"
        yield Violation(ComponentSupported.BACKPORTED, message, component.version.at, severity=Severity.INFO)
    else:
        message = f"{component.product} {ended.cycle} {since}"
        at, remedy = component.version.at, Pin(successor(component.product))
        milder = Severity.LOW if component.job else None
        yield Violation(ComponentSupported.ENDED, message, at, remedy=remedy, severity=milder)


def _extended(component: Component, version: str, ends: Ended | None, policy: Policy) -> Iterator[Violation]:
    """A release that only those who pay for it still get fixes of, and of those some."""
    standard = end_of_standard(component.product, version) if version else None
    if standard is None or standard.day > policy.today or component.doubt:
        return
    until = f", which ends on {ends.day.isoformat()}" if ends is not None else ""
    message = (
        f"{component.product} {standard.cycle} has been out of standard support since {standard.day.isoformat()}: "
        f"it receives only the fixes of paid extended support{until}"
    )
    yield Violation(ComponentSupported.EXTENDED, message, component.version.at, severity=Severity.LOW)

"""Products that still get security fixes, and packages that have those that were published."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls._cycles import end_of_life, end_of_standard, successor
from batten.controls._registry import control
from batten.facts import Component, Flaw, KnownFlaws
from batten.model import Case, Per, Pin, Severity, Violation
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
        # A release that only those who pay for it still get fixes of, and of those some.
        standard = end_of_standard(component.product, version) if version else None
        if standard is not None and not (standard.day > policy.today) and not component.doubt:
            until = f", which ends on {ended.day.isoformat()}" if ended is not None else ""
            extended_message = (
                f"{component.product} {standard.cycle} has been out of standard support since {standard.day.isoformat()}: "
                f"it receives only the fixes of paid extended support{until}"
            )
            yield Violation(
                ComponentSupported.EXTENDED, extended_message, component.version.at, severity=Severity.LOW
            )
        return
    if component.doubt:
        message = f"{component.product} {ended.cycle} may have received no security fixes since {ended.day.isoformat()}: {component.doubt}"
        yield Violation(ComponentSupported.ENDED, message, component.version.at, severity=Severity.INFO)
        return
    since = f"has received no security fixes since {ended.day.isoformat()}"
    if component.backported:
        message = f"{component.product} {ended.cycle} {since} from its vendor; this may be a patched distribution build"
        yield Violation(ComponentSupported.BACKPORTED, message, component.version.at, severity=Severity.INFO)
    else:
        message = f"{component.product} {ended.cycle} {since}"
        at, remedy = component.version.at, Pin(successor(component.product, policy.today))
        # The longer a release is unsupported, the more of its flaws are public. Of a distribution beneath another
        # product, requests reach little; of what a job runs, none.
        if component.job:
            severity = Severity.LOW
        else:
            unsupported_severity = (
                Severity.MEDIUM if (policy.today - ended.day).days <= _RECENT else Severity.HIGH
            )
            severity = Severity(unsupported_severity - 1) if component.beneath else unsupported_severity
        yield Violation(ComponentSupported.ENDED, message, at, remedy=remedy, severity=severity)


_RECENT = 90  # days after the last fixes in which few flaws are public that nobody repaired


_NAMED = 3  # vulnerabilities, worst first; of more only the number is told


class ComponentPatched(Case):
    KNOWN = (
        "known-vulnerability",
        "Update the package to a version without known vulnerabilities.",
        Per.THING,
    )
    UNFIXED = (
        "known-vulnerability-unfixed",
        "Replace the package, or keep untrusted input away from it, until a fixed version is published.",
        Per.THING,
    )
    MALICIOUS = (
        "malicious-package",
        "Remove the package, and revoke every credential of the machines that installed it.",
        Per.THING,
    )
    UNMAINTAINED = "unmaintained", "Replace the package with one that is maintained.", Per.THING


@control(
    "No package in use has a known vulnerability",
    Severity.CRITICAL,
    "V2",
    "https://ossf.github.io/osv-schema/, CWE-1395, OWASP A06:2021",
)
def component_patched(known: KnownFlaws, policy: Policy) -> Iterator[Violation]:
    """A published vulnerability comes with its description, often with an exploit, and scanners look for it within days."""
    flaws = [
        flaw
        for flaw in known.flaws
        if weight(flaw) >= policy.advising.minimum and policy.advising.accepts(flaw.ids, policy.today) is None
    ]
    if not flaws:
        return
    if any(flaw.malicious for flaw in flaws):
        case = ComponentPatched.MALICIOUS
    elif all(flaw.notice for flaw in flaws):
        case = ComponentPatched.UNMAINTAINED
    else:
        mended = known.fixed and all(flaw.fixed or flaw.notice for flaw in flaws)
        case = ComponentPatched.KNOWN if mended else ComponentPatched.UNFIXED
    version = known.package.version.known("")
    # That of the worst flaw, where one that no version fixes is a step less, since no update helps; low at most in
    # what only tests and builds use. A malicious package runs where it is installed, so nothing lowers it.
    if case is ComponentPatched.MALICIOUS:
        severity = Severity.CRITICAL
    else:
        worst = max(weight(flaw) if flaw.fixed else _a_step_less(weight(flaw)) for flaw in flaws)
        severity = min(worst, Severity.LOW) if known.package.development else worst
    # What to do about this package; "" where the case says all.
    package, advice_mended = known.package, sum(bool(flaw.fixed) for flaw in flaws)
    if case not in (ComponentPatched.KNOWN, ComponentPatched.UNFIXED) or not (advice_mended and known.fixed):
        advice = ""
    else:
        how = (
            "Update the package"
            if package.direct or not package.locked
            else "Update what requires the package"
        )
        if package.command:
            how = f"Run `{package.command}`"
        which = "them" if case is ComponentPatched.KNOWN else f"{advice_mended} of the {len(flaws)}"
        rest = "" if case is ComponentPatched.KNOWN else "; no version fixes the others"
        advice = f"{how}: {known.fixed} is the first version without {which}{rest}."
    yield Violation(
        case,
        f"`{known.package.name}` {version} {_said(flaws, case)}",
        known.package.version.at,
        severity=severity,
        remedy=None if known.package.locked or case is not ComponentPatched.KNOWN else Pin(known.fixed),
        advice=advice,
        everywhere=case is ComponentPatched.MALICIOUS,
    )


def weight(flaw: Flaw) -> Severity:
    """How severe a flaw is by itself; one that no database rates is taken for medium."""
    if flaw.malicious:
        return Severity.CRITICAL
    if flaw.severity is not None:
        return flaw.severity
    return Severity.INFO if flaw.notice else Severity.MEDIUM


def _a_step_less(severity: Severity) -> Severity:
    return severity if severity <= Severity.LOW else Severity(severity - 1)


def _said(flaws: list[Flaw], case: ComponentPatched) -> str:
    names = ", ".join(flaw.name for flaw in flaws[:_NAMED])
    names += f" and {len(flaws) - _NAMED} more" if len(flaws) > _NAMED else ""
    if case is ComponentPatched.MALICIOUS:
        return f"is reported as malicious: {names}"
    if case is ComponentPatched.UNMAINTAINED:
        return f"is reported as unmaintained: {names}"
    worst = max(map(weight, flaws)).label
    if len(flaws) == 1:
        return f"has a known vulnerability of {worst} severity: {names}"
    return f"has {len(flaws)} known vulnerabilities, the worst of {worst} severity: {names}"

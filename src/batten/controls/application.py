"""Controls on what frameworks and applications are told."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls._registry import control
from batten.facts import AppSettings, ErrorBody, Feature
from batten.model import UNTOLD, Remedy, Severity, Switch, TurnOff, Violation
from batten.model.record import record
from batten.policy import Policy


@record
class AllowHosts(Remedy):
    """Answer for these names only. Empty: the policy must say which (`hosts:` in batten.yaml)."""

    hosts: tuple[str, ...] = ()


@control("No debug mode runs where outsiders can see it", Severity.CRITICAL, "V7 V1", "CWE-489, CWE-215")
def debug_off(settings: AppSettings) -> Iterator[Violation]:
    """A debug mode shows source, settings and secrets to whoever makes an error happen; some run code."""
    if settings.debug.known(False):
        yield Violation(
            UNTOLD, f"{settings.framework} runs in debug mode", settings.debug.at, TurnOff(Switch.DEBUG)
        )


@control("No debug mode runs where outsiders can see it", Severity.CRITICAL, "V7 V1", slug="debug-off")
def debug_off_by_switch(feature: Feature) -> Iterator[Violation]:
    if not feature.on.known(False):
        return
    if feature.name is Switch.DEBUG:
        yield Violation(
            UNTOLD, f"{feature.what or 'a debug mode'} is on", feature.on.at, TurnOff(Switch.DEBUG)
        )
    elif feature.name is Switch.RELOAD:
        message = f"{feature.what or 'reloading'} is on: the server watches its files and restarts with them"
        yield Violation(UNTOLD, message, feature.on.at, TurnOff(Switch.RELOAD), Severity.LOW)


@control("No debug mode runs where outsiders can see it", Severity.CRITICAL, "V7 V1", slug="debug-off")
def debug_off_on_the_wire(body: ErrorBody) -> Iterator[Violation]:
    if body.debugger:
        yield Violation(
            UNTOLD, f"errors are answered by a {body.leaks[0] if body.leaks else 'debugger'}", body.at
        )


@control(
    "Consoles, metrics and documentation are not public",
    Severity.HIGH,
    "V3 S1 V1",
    slug="console-not-exposed",
)
def documentation_not_exposed(settings: AppSettings, policy: Policy) -> Iterator[Violation]:
    """Unless the policy lists them under `public:`, as it does for an API that is meant for everybody."""
    shown = [d for d in settings.docs if d.on.known(False) and not _public(d.what, policy)]
    if shown:
        what = ", ".join(d.what for d in shown)
        yield Violation(UNTOLD, f"{what}: open to everybody", shown[0].at, TurnOff(Switch.DOCS), Severity.LOW)


def _public(what: str, policy: Policy) -> bool:
    path = what.rpartition(" at ")[2]
    return f"GET {path}" in policy.public


@control("The Host header is matched against a list", Severity.MEDIUM, "V1", slug="host-header-checked")
def host_header_checked_by_the_application(settings: AppSettings, policy: Policy) -> Iterator[Violation]:
    """Only what says so: an application that leaves the check to its edge has no list at all."""
    if settings.hosts is not None and "*" in settings.hosts.known(()):
        message = f"{settings.framework} answers for any Host header"
        yield Violation(UNTOLD, message, settings.hosts.at, AllowHosts(policy.hosts))

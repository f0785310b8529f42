"""Controls on what frameworks and applications are told."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls._registry import control
from batten.controls.exposure import ConsoleNotExposed, shown_by
from batten.controls.requests import HostHeaderChecked
from batten.facts import AppSettings, ErrorBody, Feature
from batten.model import Case, Remedy, Severity, Switch, TurnOff, Violation
from batten.model.record import record
from batten.policy import Policy


@record
class AllowHosts(Remedy):
    """Answer for these names only. Empty: the policy must say which (`hosts:` in batten.yaml)."""

    hosts: tuple[str, ...] = ()


class DebugOff(Case):
    MODE = "debug-mode", "Turn the debug mode off, and let only development turn it on."
    DEBUGGER = "debugger", "Turn the debugger off, and let only development turn it on."
    BUILD = "debug-build", "Compile the application for release."
    RELOAD = "auto-reload", "Start the server without reload."
    PAGE = "debug-page", "Turn the debug mode of the framework off."
    LOG = "debug-log", "Log at level INFO or above."


@control("Debug modes and debuggers are off", Severity.CRITICAL, "V7 V1", "CWE-489, CWE-215")
def debug_off(settings: AppSettings) -> Iterator[Violation]:
    """Debug pages show source, settings and secrets with every error; some debuggers run any code they are sent."""
    if settings.debug.known(False):
        message = f"{settings.framework} runs in debug mode"
        yield Violation(DebugOff.MODE, message, settings.debug.at, remedy=TurnOff(Switch.DEBUG))


@control("Debug modes and debuggers are off", Severity.CRITICAL, "V7 V1", slug="debug-off")
def debug_off_by_switch(feature: Feature) -> Iterator[Violation]:
    if not feature.on.known(False):
        return
    if feature.name is Switch.DEBUG:
        message = f"{feature.what or 'a debug mode'} is enabled"
        yield Violation(DebugOff.MODE, message, feature.on.at, remedy=TurnOff(Switch.DEBUG))
    elif feature.name is Switch.DEBUG_BUILD:
        message = f"{feature.what} compiles the application for debugging, which suspends the limit on execution time"
        yield Violation(
            DebugOff.BUILD,
            message,
            feature.on.at,
            remedy=TurnOff(Switch.DEBUG_BUILD),
            severity=Severity.MEDIUM,
        )
    elif feature.name is Switch.RELOAD:
        message = f"{feature.what or 'auto-reload'} is enabled: the server restarts whenever a file changes"
        yield Violation(
            DebugOff.RELOAD, message, feature.on.at, remedy=TurnOff(Switch.RELOAD), severity=Severity.LOW
        )


@control("Debug modes and debuggers are off", Severity.CRITICAL, "V7 V1", slug="debug-off")
def debugger_off(feature: Feature) -> Iterator[Violation]:
    """It waits at a terminal that is rarely watched, and answers no other request until then."""
    if feature.name is Switch.DEBUGGER and feature.on.known(False):
        message = f"{feature.what} is enabled: a request that fails stops its worker in a debugger"
        remedy = TurnOff(Switch.DEBUGGER)
        yield Violation(DebugOff.DEBUGGER, message, feature.on.at, remedy=remedy, severity=Severity.MEDIUM)


@control("Debug modes and debuggers are off", Severity.CRITICAL, "V7 V1", slug="debug-off")
def debug_log_off(feature: Feature) -> Iterator[Violation]:
    """Everyone who can read the log sees the headers of every request."""
    if feature.name is Switch.DEBUG_LOG and feature.on.known(False):
        message = f"{feature.what} is on, which writes the headers of every request and response"
        yield Violation(
            DebugOff.LOG, message, feature.on.at, remedy=TurnOff(Switch.DEBUG_LOG), severity=Severity.LOW
        )


@control("Debug modes and debuggers are off", Severity.CRITICAL, "V7 V1", slug="debug-off")
def debug_off_on_the_wire(body: ErrorBody) -> Iterator[Violation]:
    if body.debugger:
        yield Violation(DebugOff.PAGE, shown_by(body), body.at, made_by=body.handler)


@control(
    "Consoles, metrics and docs are not public",
    Severity.HIGH,
    "V3 S1 V1",
    slug="console-not-exposed",
)
def documentation_not_exposed(settings: AppSettings, policy: Policy) -> Iterator[Violation]:
    """Unless the policy lists them under `public:`, as it does for a public API."""
    shown = [d for d in settings.docs if d.on.known(False) and not _public(d.what, policy)]
    if shown:
        message = f"API documentation is public: {', '.join(d.what for d in shown)}"
        severity = Severity.LOW
        if settings.licence:
            message, severity = f"{message}; so is the source, by `{settings.licence}`", Severity.INFO
        yield Violation(
            ConsoleNotExposed.DOCS, message, shown[0].at, remedy=TurnOff(Switch.DOCS), severity=severity
        )


def _public(what: str, policy: Policy) -> bool:
    path = what.rpartition(" at ")[2]
    return f"GET {path}" in policy.public


@control("The Host header is checked against a list", Severity.LOW, "V1", slug="host-header-checked")
def host_header_checked_by_the_application(settings: AppSettings, policy: Policy) -> Iterator[Violation]:
    """Only what says so: an application that leaves the check to its edge has no list at all."""
    if settings.hosts is not None and "*" in settings.hosts.known(()):
        message = f"{settings.framework} accepts any Host header"
        yield Violation(
            HostHeaderChecked.UNCHECKED, message, settings.hosts.at, remedy=AllowHosts(policy.hosts)
        )

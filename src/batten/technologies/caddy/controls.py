"""What only Caddy gets wrong."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls import control
from batten.facts import Feature
from batten.model import UNTOLD, Severity, Switch, TurnOff, Violation


@control("No debug mode runs where outsiders can see it", Severity.CRITICAL, "V7 V1", slug="debug-off")
def debug_log_off(feature: Feature) -> Iterator[Violation]:
    """Clients see nothing of it; whoever reads the log sees every request's headers."""
    if feature.name is Switch.DEBUG_LOG and feature.on.known(False):
        message = f"{feature.what} is on: it writes the headers of every request and answer"
        yield Violation(UNTOLD, message, feature.on.at, TurnOff(Switch.DEBUG_LOG), Severity.LOW)


@control("Request size, time and rate are limited", Severity.LOW, "V1", slug="http-limits-set")
def certificates_limited(feature: Feature) -> Iterator[Violation]:
    if feature.name is Switch.ON_DEMAND_TLS and feature.on.known(False):
        message = "a certificate is obtained for whatever name a client asks for: nothing limits it (`ask`)"
        yield Violation(UNTOLD, message, feature.on.at, TurnOff(Switch.ON_DEMAND_TLS), Severity.MEDIUM)

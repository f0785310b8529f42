"""What only Caddy gets wrong."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls import control
from batten.controls.verbs import HttpLimitsSet
from batten.facts import Feature
from batten.model import Severity, Switch, TurnOff, Violation


@control("Request size, time and rate are limited", Severity.LOW, "V1", slug="http-limits-set")
def certificates_limited(feature: Feature) -> Iterator[Violation]:
    """An attacker who sends many names uses up the certificate authority's rate limit."""
    if feature.name is Switch.ON_DEMAND_TLS and feature.on.known(False):
        message = "a certificate is issued for every name that a client sends, without `ask`"
        remedy = TurnOff(Switch.ON_DEMAND_TLS)
        yield Violation(
            HttpLimitsSet.ON_DEMAND_TLS, message, feature.on.at, remedy=remedy, severity=Severity.MEDIUM
        )

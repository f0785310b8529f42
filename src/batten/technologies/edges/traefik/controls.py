"""What only Traefik can be told wrong."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls import control
from batten.controls.verbs import EndpointsDocumented
from batten.facts import Feature
from batten.model import Severity, Switch, TurnOff, Violation


@control("Every endpoint is listed in the contract", Severity.MEDIUM, "V3 P6 S1", slug="endpoints-documented")
def containers_not_exposed_by_default(feature: Feature) -> Iterator[Violation]:
    """A container that was not meant to be published is reachable as soon as it starts."""
    if feature.name is Switch.EXPOSED_BY_DEFAULT and feature.on.known(False):
        message = f"`{feature.what}` exposes every container that does not opt out (`exposedByDefault`)"
        remedy = TurnOff(Switch.EXPOSED_BY_DEFAULT)
        yield Violation(EndpointsDocumented.EXPOSED_BY_DEFAULT, message, feature.on.at, remedy=remedy)

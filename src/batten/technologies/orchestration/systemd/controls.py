"""What services of a machine have in common with containers, in their own words."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls import control
from batten.controls.confinement import ContainerNoNewPrivileges
from batten.controls.workloads import (
    DANGEROUS,
    NOBODY,
    ContainerNotRoot,
    ContainerUnprivileged,
    DropCapabilities,
)
from batten.model import RunAs, Severity, Switch, TurnOn, Violation
from batten.technologies.orchestration.systemd.unit import ServiceUnit


@control("Containers do not run as root", Severity.MEDIUM, "V1 P2", slug="container-not-root")
def services_not_root(unit: ServiceUnit) -> Iterator[Violation]:
    """An intruder in a service that runs as root has the whole machine."""
    if unit.user.known("") in ("root", "0"):
        how = "" if unit.user.written else ": its unit sets no `User`"
        message = f"`{unit.name}` answers requests as root{how}"
        yield Violation(ContainerNotRoot.ROOT, message, unit.user.at, remedy=RunAs(NOBODY))


@control("Containers cannot gain privileges", Severity.MEDIUM, "V1 P2", slug="container-no-new-privileges")
def services_gain_nothing(unit: ServiceUnit) -> Iterator[Violation]:
    setting = unit.no_new_privileges
    if setting.known(True) is False and unit.user.known("root") not in ("root", "0"):
        message = f"`{unit.name}` may gain privileges through set-user-id programs"
        severity, remedy = None if setting.written else Severity.LOW, TurnOn(Switch.NO_NEW_PRIVILEGES)
        yield Violation(
            ContainerNoNewPrivileges.ALLOWED, message, setting.at, remedy=remedy, severity=severity
        )


@control(
    "Containers run unprivileged, with only the capabilities they need",
    Severity.HIGH,
    "V1 P2",
    slug="container-unprivileged",
)
def services_without_capabilities(unit: ServiceUnit) -> Iterator[Violation]:
    dangerous = tuple(c for c in unit.capabilities.known(()) if c in DANGEROUS)
    if dangerous:
        message = f"`{unit.name}` has capabilities that are equivalent to root: {', '.join(dangerous)}"
        severity = Severity.MEDIUM if dangerous == ("NET_ADMIN",) else None
        at, remedy = unit.capabilities.at, DropCapabilities(dangerous)
        yield Violation(ContainerUnprivileged.DANGEROUS, message, at, remedy=remedy, severity=severity)

"""What services of a machine have in common with containers, in their own words."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls import control
from batten.controls.workloads import DANGEROUS, NOBODY, DropCapabilities
from batten.model import UNTOLD, RunAs, Severity, Switch, TurnOn, Violation
from batten.technologies.systemd.unit import ServiceUnit


@control("Containers do not run as root", Severity.MEDIUM, "V1 P2", slug="container-not-root")
def services_not_root(unit: ServiceUnit) -> Iterator[Violation]:
    """Whoever breaks into a service of root's has the machine."""
    if unit.user.known("") in ("root", "0"):
        how = "its unit says so" if unit.user.written else "its unit names no `User`"
        yield Violation(UNTOLD, f"`{unit.name}` answers requests as root: {how}", unit.user.at, RunAs(NOBODY))


@control("Containers cannot gain privileges", Severity.MEDIUM, "V1 P2", slug="container-no-new-privileges")
def services_gain_nothing(unit: ServiceUnit) -> Iterator[Violation]:
    setting = unit.no_new_privileges
    if setting.known(True) is False and unit.user.known("root") not in ("root", "0"):
        message = f"`{unit.name}` may gain privileges through set-user-id programs"
        severity = None if setting.written else Severity.LOW
        yield Violation(UNTOLD, message, setting.at, TurnOn(Switch.NO_NEW_PRIVILEGES), severity)


@control(
    "Containers have no privileges they do not need", Severity.HIGH, "V1 P2", slug="container-unprivileged"
)
def services_without_capabilities(unit: ServiceUnit) -> Iterator[Violation]:
    dangerous = tuple(c for c in unit.capabilities.known(()) if c in DANGEROUS)
    if dangerous:
        message = f"`{unit.name}` is given {', '.join(dangerous)}, which are as good as root"
        severity = Severity.MEDIUM if dangerous == ("NET_ADMIN",) else None
        yield Violation(UNTOLD, message, unit.capabilities.at, DropCapabilities(dangerous), severity)

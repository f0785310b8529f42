"""What follows from evidence that a setting is meant: how bad it is then, and what the finding says of it."""

from __future__ import annotations

from batten.facts import HostNeeds
from batten.model import Bundle, Severity
from batten.model.record import record


@record
class Meant:
    """The most that a finding is, with which others it is one cause, what its sentence adds, and what to do."""

    severity: Severity | None = None
    bundle: Bundle | None = None
    clause: str = ""
    advice: str = ""


def documented(needs: HostNeeds | None, given: bool, usual: Severity, kind: str = "") -> Meant:
    """What a vendor's documentation makes of access to the host that it asks for (`given`), which is `usual`ly that bad.
    `kind` names what could be safer."""
    if needs is None or not given:
        return Meant()
    if not needs.certain:
        clause = f" (documented by {needs.product}, whose image comes from another registry)"
        return Meant(Severity(max(usual - 1, Severity.LOW)), None, clause)
    safer = needs.safer.get(kind, "")
    advice = f"{needs.product} documents it: {needs.source}. {safer or 'Nothing is to be done.'}"
    return Meant(
        Severity.LOW if safer else Severity.INFO, Bundle.HOST, f" (documented by {needs.product})", advice
    )

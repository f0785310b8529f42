"""Controls on how an operator hears of weaknesses."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls._registry import control
from batten.facts import SecurityContact
from batten.model import Case, Severity, Violation
from batten.policy import Policy

TITLE = "A security contact is published and current"


class SecurityContactPublished(Case):
    MISSING = "missing", "Publish /.well-known/security.txt with Contact and Expires."
    INCOMPLETE = "incomplete", "Write one Expires and at least one Contact into security.txt."
    EXPIRED = "expired", "Check the contacts, and set Expires to a day within a year."


@control(TITLE, Severity.INFO, "P4", "RFC 9116")
def security_contact_published(contact: SecurityContact, policy: Policy) -> Iterator[Violation]:
    """Researchers who find a weakness and no contact publish it, or sell it."""
    if not contact.there:
        message = "no `security.txt` says whom to inform of a weakness"
        yield Violation(SecurityContactPublished.MISSING, message, contact.at)
    elif contact.expires is None or not contact.contacts:
        lacks = "valid `Expires`" if contact.contacts else "`Contact`"
        message = f"`security.txt` has no {lacks}"
        yield Violation(SecurityContactPublished.INCOMPLETE, message, contact.at)
    elif contact.expires.date() < policy.today:
        message = f"`security.txt` has expired on {contact.expires.date().isoformat()}"
        yield Violation(SecurityContactPublished.EXPIRED, message, contact.at)

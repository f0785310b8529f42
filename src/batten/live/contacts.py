"""`security.txt`: how those who find a weakness tell the operator of a public site (RFC 9116)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from batten.facts import SecurityContact
from batten.live.evidence import Sight
from batten.live.proofs import is_page
from batten.live.rebinding import inside

PATH = "/.well-known/security.txt"
_READ = 32_000  # characters
_FIELD = re.compile(r"(?im)^(contact|expires):[ \t]*(\S[^\r\n]{0,300})$")


def contact_facts(seen: Sight) -> Iterator[SecurityContact]:
    """What the file says, or that there is none; nothing where the answer leaves it open, or the site is private."""
    response = seen.response
    if seen.request.path != PATH or inside(response):
        return
    found = [] if is_page(response) else _FIELD.findall(response.text[:_READ])
    there = response.status == 200 and bool(found)
    if not there and response.status not in (200, 404, 410):
        return  # it leads elsewhere, or is refused
    ends = [_moment(value) for name, value in found if name.lower() == "expires"]
    yield SecurityContact(
        seen.at("response.body"),
        there=there,
        contacts=sum(name.lower() == "contact" for name, _ in found),
        expires=ends[0] if ends else None,
    )


def _moment(text: str) -> datetime | None:
    """A date and time of RFC 3339, None for anything else."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)

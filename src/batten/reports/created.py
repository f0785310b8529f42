"""What active assessments created, in the words that reports share."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from batten.engine.outcome import Outcome
from batten.model import Created
from batten.reports import words


def everything(outcome: Outcome) -> Iterator[tuple[str, Created]]:
    """Each with the name of its environment: what is still there first, what may be there last."""
    found = [(e.name, created) for e in outcome.environments for created in e.created]
    yield from sorted(found, key=lambda one: (not one[1].address, one[1].removed))


def title(outcome: Outcome) -> str:
    """`created by this run: 3 removed, 1 not removed and 2 not known`."""
    found = [created for _, created in everything(outcome)]
    removed = sum(created.removed for created in found)
    unknown = sum(not created.address for created in found)
    left = len(found) - removed - unknown
    parts = (
        f"{removed:,} removed" if removed else "",
        f"{left:,} not removed" if left else "",
        f"{unknown:,} not known" if unknown else "",
    )
    return f"created by this run: {words.joined([part for part in parts if part])}"


def what(created: Created) -> str:
    """Where it is; what was sent, where that is not known."""
    if created.address:
        return created.address
    answer = f"answered with {created.status}" if created.status else "not answered"
    return f"{created.method} {created.url}, {answer}"


def state(created: Created) -> str:
    """`removed`, `left`, or `not known`."""
    return "removed" if created.removed else "left" if created.address else "not known"


def removing(created: Created) -> str:
    """A command that removes it; "" where no address is known, or nothing is left."""
    return f"curl -X DELETE {shlex.quote(created.address)}" if created.address and not created.removed else ""


def reason(created: Created) -> str:
    """Why it is still there, and what removes it."""
    command = removing(created)
    if not created.address:
        return f"{created.reason}: whether it created something is not known"
    return f"{created.reason}; remove it with `{command}`" if command else created.reason

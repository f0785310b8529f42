"""What active assessments created, in the words that reports share."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from batten.engine.outcome import Outcome
from batten.model import Created
from batten.reports import words


def everything(outcome: Outcome) -> Iterator[tuple[str, Created]]:
    """Each with the name of its environment: what is still there first."""
    found = [(e.name, created) for e in outcome.environments for created in e.created]
    yield from sorted(found, key=lambda one: one[1].removed)


def title(outcome: Outcome) -> str:
    """`created: 3 removed, 1 not removed`."""
    found = [created for _, created in everything(outcome)]
    removed = sum(created.removed for created in found)
    parts = (
        f"{removed:,} removed" if removed else "",
        f"{len(found) - removed:,} not removed" if len(found) > removed else "",
    )
    return f"created by this run: {words.joined([part for part in parts if part])}"


def what(created: Created) -> str:
    """Where it is; what was sent, where that is not known."""
    if created.address:
        return created.address
    answer = f"answered with {created.status}" if created.status else "not answered"
    return f"{created.method} {created.url}, {answer}"


def removing(created: Created) -> str:
    """A command that removes it; "" where no address is known, or nothing is left."""
    return f"curl -X DELETE {shlex.quote(created.address)}" if created.address and not created.removed else ""


def reason(created: Created) -> str:
    """Why it is still there, and what removes it."""
    command = removing(created)
    advice = f"; remove it with `{command}`" if command else "; remove it by hand if it is there"
    return created.reason if created.removed else created.reason + advice

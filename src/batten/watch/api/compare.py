"""Two environments, or two runs of one, compared over the API."""

from __future__ import annotations

from sqlalchemy import Connection

from batten.watch.api.asked import Asked, Reply
from batten.watch.api.problems import missing
from batten.watch.api.wire import shown
from batten.watch.store.questions import compare

_MOST = 1_000  # differences of an answer


def compare_environments(db: Connection, asked: Asked) -> Reply:
    """As they are now."""
    found = compare.environments(db, asked.caller, asked.whole("left"), asked.whole("right"))
    return missing("environment") if found is None else _reply(found)


def compare_runs(db: Connection, asked: Asked) -> Reply:
    """What was open after each."""
    found = compare.of_runs(db, asked.caller, asked.whole("left"), asked.whole("right"))
    return missing("run") if found is None else _reply(found)


def _reply(found: compare.Comparison) -> Reply:
    return Reply(body=shown("Comparison", found, more=len(found.differences) > _MOST))

"""What to do first, what changed, and what is not known, over the API."""

from __future__ import annotations

from sqlalchemy import Connection

from batten.watch.api import filters, paging
from batten.watch.api.asked import Asked, Reply
from batten.watch.api.wire import shown
from batten.watch.store.questions import changes, gaps, today


def list_causes(db: Connection, asked: Asked) -> Reply:
    """Causes in the order in which to repair them."""
    found = today.first(db, asked.caller, filters.wanted(asked), now=asked.now, most=paging.limit(asked))
    return Reply(body=shown("CauseList", found, items=found.causes))


def list_changes(db: Connection, asked: Asked) -> Reply:
    """What changed since a time."""
    since = asked.time("since") or 0
    found = changes.changes(
        db, asked.caller, filters.wanted(asked), since=since, now=asked.now, most=paging.limit(asked)
    )
    return Reply(body=shown("Changes", found, items=found.changed, deployments=found.deployed))


def list_unknown(db: Connection, asked: Asked) -> Reply:
    """Environments of which something is not known."""
    found = gaps.gaps(db, asked.caller, filters.wanted(asked), now=asked.now, most=paging.limit(asked))
    return Reply(body=shown("GapList", found, items=found.gaps))

"""The map of environments and families of controls, over the API."""

from __future__ import annotations

from sqlalchemy import Connection

from batten.watch.api import filters, paging
from batten.watch.api.asked import Asked, Reply
from batten.watch.api.wire import shown
from batten.watch.store.questions import heat


def read_map(db: Connection, asked: Asked) -> Reply:
    """One page of the map."""
    found = heat.heat(
        db,
        asked.caller,
        filters.wanted(asked),
        now=asked.now,
        after=paging.after(asked),
        most=paging.limit(asked),
    )
    following = paging.written((found.next,)) if found.next else None
    return Reply(body=shown("Map", found, items=found.rows, next=following))

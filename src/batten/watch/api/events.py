"""Events over the API, for programs that follow what changes."""

from __future__ import annotations

from sqlalchemy import Connection

from batten.watch.api import paging
from batten.watch.api.asked import Asked, Reply
from batten.watch.api.wire import shown
from batten.watch.store import events


def list_events(db: Connection, asked: Asked) -> Reply:
    """The next events after one; the newest where none is named."""
    after, most, environment = asked.whole("after"), paging.limit(asked), asked.whole("environment")
    if asked.text("after"):
        found = events.after(db, asked.caller, after, most, environment)
    else:
        found = events.newest(db, asked.caller, most, environment)
    return Reply(body=shown("EventPage", items=found, last=found[-1].id if found else after))

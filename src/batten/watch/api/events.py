"""Events over the API, for programs that follow what changes."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection

from batten.watch.api import paging
from batten.watch.api.asked import Asked, Reply
from batten.watch.api.wire import Label, Line, shown
from batten.watch.store import events


class Event(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    at: datetime
    what: Label
    environment: int
    run: int
    life: int = msgspec.field(name="finding")
    control: Label
    severity: Label | None
    by: Label
    data: dict[Label, Line]


class EventPage(msgspec.Struct, frozen=True):
    items: list[Event]
    last: int


def list_events(db: Connection, asked: Asked) -> Reply:
    """The next events after one; the newest where none is named."""
    after, most, environment = asked.whole("after"), paging.limit(asked), asked.whole("environment")
    if asked.text("after"):
        found = events.after(db, asked.caller, after, most, environment)
    else:
        found = events.newest(db, asked.caller, most, environment)
    return Reply(body=EventPage([shown(Event, one) for one in found], found[-1].id if found else after))

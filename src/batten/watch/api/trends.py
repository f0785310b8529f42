"""How it went over days, over the API."""

from __future__ import annotations

from sqlalchemy import Connection

from batten.model import Severity
from batten.watch.api import filters
from batten.watch.api.asked import Asked, Reply
from batten.watch.api.wire import shown
from batten.watch.store.questions import trends


def read_trends(db: Connection, asked: Asked) -> Reply:
    """The days up to today."""
    which, days = filters.wanted(asked), asked.whole("days", 90)
    found = trends.trends(db, asked.caller, which, now=asked.now, days=days)
    body = shown(
        "Trends",
        days=[shown("Day", one, open={s.label: one.open.get(s, 0) for s in Severity}) for one in found.days],
        times_to_fix=found.mended,
        shares=[shown("FamilyShare", one.share, family=one.family) for one in found.shares],
    )
    return Reply(body=body)

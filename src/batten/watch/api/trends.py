"""How it went over days, over the API."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection

from batten.model import Severity
from batten.watch.api import filters, times
from batten.watch.api.asked import Asked, Reply
from batten.watch.api.wire import Label, shown
from batten.watch.store.questions import trends


class Day(msgspec.Struct, frozen=True):
    start: datetime
    open: dict[str, int]
    new: int
    regressed: int
    fixed: int


class TimeToFix(msgspec.Struct, frozen=True):
    severity: Label
    findings: int
    mean: int = msgspec.field(name="mean_seconds")
    median: int = msgspec.field(name="median_seconds")


class FamilyShare(msgspec.Struct, frozen=True):
    family: Label
    compliant: float | None
    known: float | None


class Trends(msgspec.Struct, frozen=True, kw_only=True):
    days: list[Day]
    mended: list[TimeToFix] = msgspec.field(name="times_to_fix")
    shares: list[FamilyShare]


def read_trends(db: Connection, asked: Asked) -> Reply:
    """The days up to today."""
    which, days = filters.wanted(asked), asked.whole("days", 90)
    found = trends.trends(db, asked.caller, which, now=asked.now, days=days)
    body = Trends(
        days=[shown(Day, one, open={s.label: one.open.get(s, 0) for s in Severity}) for one in found.days],
        mended=[
            shown(TimeToFix, one, mean=times.seconds(one.mean), median=times.seconds(one.median))
            for one in found.mended
        ],
        shares=[FamilyShare(one.family, one.share.compliant, one.share.known) for one in found.shares],
    )
    return Reply(body=body)

"""For how long a control held, was broken, or was not known: sums over intervals within a time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_

from batten.model.record import record
from batten.watch.model import Status
from batten.watch.store.tables import interval


@record(kw_only=True)
class Share:
    """Milliseconds by what was known. Where there was nothing to judge counts as none of them."""

    holds: int = 0
    broken: int = 0
    unknown: int = 0

    @property
    def compliant(self) -> float | None:
        """Of the time in which it was known, the share in which it held; None where it never was."""
        known = self.holds + self.broken
        return self.holds / known if known else None

    @property
    def known(self) -> float | None:
        """Of the time in which there was something to judge, the share in which it was known how it is."""
        whole = self.holds + self.broken + self.unknown
        return (self.holds + self.broken) / whole if whole else None

    def __add__(self, other: Share) -> Share:
        return Share(
            holds=self.holds + other.holds,
            broken=self.broken + other.broken,
            unknown=self.unknown + other.unknown,
        )


def during(start: int, end: int) -> ColumnElement[bool]:
    """Intervals of which some is between the two times."""
    return and_(interval.c.start < end, or_(interval.c.end.is_(None), interval.c.end > start))


def within_time(status: Status, start: int, end: int) -> ColumnElement[Any]:
    """Milliseconds between the two times in which that was known, summed over a group of intervals."""
    begun = case((interval.c.start < start, start), else_=interval.c.start)
    ended = case((or_(interval.c.end.is_(None), interval.c.end > end), end), else_=interval.c.end)
    return func.sum(case((interval.c.status == status.value, ended - begun), else_=0)).label(status.value)

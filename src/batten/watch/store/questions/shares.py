"""Sums over intervals within a time, in SQL: what `ledger/figures.py` says of one control, for many."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_

from batten.watch.model import Status
from batten.watch.store.tables import interval


def during(start: int, end: int) -> ColumnElement[bool]:
    """Intervals of which some is between the two times."""
    return and_(interval.c.start < end, or_(interval.c.end.is_(None), interval.c.end > start))


def within_time(status: Status, start: int, end: int) -> ColumnElement[Any]:
    """Milliseconds between the two times in which that was known, summed over a group of intervals."""
    begun = case((interval.c.start < start, start), else_=interval.c.start)
    ended = case((or_(interval.c.end.is_(None), interval.c.end > end), end), else_=interval.c.end)
    return func.sum(case((interval.c.status == status.value, ended - begun), else_=0)).label(status.value)

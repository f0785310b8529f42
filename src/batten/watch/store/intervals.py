"""Intervals: what was known of a control in an environment, from when to when."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from batten.watch.model import Interval, Side, Status
from batten.watch.store.tables import interval


def current(db: Connection, environment: int) -> list[Interval]:
    """The intervals of an environment that last, in the order in which they were written."""
    lasting = select(interval).where(interval.c.environment == environment, interval.c.end.is_(None))
    return [interval_of(row) for row in db.execute(lasting.order_by(interval.c.id))]


def end(db: Connection, ended: Iterable[Interval]) -> None:
    """Write the ends of intervals."""
    rows = [{"key": one.id, "to": one.end} for one in ended]
    if rows:
        db.execute(
            update(interval).where(interval.c.id == bindparam("key")).values(end=bindparam("to")), rows
        )


def begin(db: Connection, begun: Iterable[Interval]) -> None:
    """Write new intervals; the ones before them have ended."""
    rows = [
        {
            "environment": one.environment, "side": one.side.value, "control": one.control, "status": one.status.value,
            "start": one.start, "end": one.end, "run": one.run,
        }
        for one in begun
    ]  # fmt: skip
    if rows:
        db.execute(insert(interval), rows)


def interval_of(row: Row[Any]) -> Interval:
    """The interval of a row of its table."""
    return Interval(
        id=row.id, environment=row.environment, side=Side(row.side), control=row.control, status=Status(row.status),
        start=row.start, end=row.end, run=row.run,
    )  # fmt: skip

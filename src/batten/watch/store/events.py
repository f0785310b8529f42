"""Events: written in the transaction of what changed, read in their order by those who tell."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from batten.model import Severity
from batten.watch.model import Caller, Event, Happening
from batten.watch.store.locks import Lock, alone
from batten.watch.store.rows import as_json, by_name
from batten.watch.store.tables import event
from batten.watch.store.visible import within

_WAITING = "batten.events"


def tell(db: Connection, events: Iterable[Event]) -> None:
    """Write events. Their ids rise in the order in which transactions end, so that who reads what follows an id misses nothing:
    on PostgreSQL they are written at the end of the transaction (`write_waiting`)."""
    rows = [
        {
            "at": e.at, "what": e.what.value, "environment": e.environment, "run": e.run, "life": e.life, "control": e.control,
            "severity": None if e.severity is None else int(e.severity), "by": e.by, "data": as_json(e.data),
        }
        for e in events
    ]  # fmt: skip
    if rows and db.dialect.name == "postgresql":
        db.info.setdefault(_WAITING, []).extend(rows)
    elif rows:
        db.execute(insert(event), rows)


def forget_waiting(db: Connection) -> None:
    """Begin a transaction without events of one that was given up."""
    db.info.pop(_WAITING, None)


def write_waiting(db: Connection) -> None:
    """Write the events of a transaction as the last thing that it does. Numbers come from a sequence, which knows no transactions: one
    that ends late would write ids that readers have passed already. So from here to its end no other writes events."""
    if rows := db.info.pop(_WAITING, None):
        alone(db, Lock.EVENTS)
        db.execute(insert(event), rows)


def after(db: Connection, caller: Caller, number: int, most: int = 200, environment: int = 0) -> list[Event]:
    """Events after one, in their order, that the caller may see; of one environment, if one is given."""
    wanted = [event.c.id > number, within(event.c.environment, caller)]
    wanted += [event.c.environment == environment] if environment else []
    rows = db.execute(select(event).where(*wanted).order_by(event.c.id).limit(most))
    return [event_of(row) for row in rows]


def newest(db: Connection, caller: Caller, most: int, environment: int = 0) -> list[Event]:
    """The last events that the caller may see, in their order; of one environment, if one is given."""
    wanted = [within(event.c.environment, caller)]
    wanted += [event.c.environment == environment] if environment else []
    rows = db.execute(select(event).where(*wanted).order_by(event.c.id.desc()).limit(most))
    return [event_of(row) for row in reversed(rows.all())]


def last(db: Connection) -> int:
    """The id of the newest event; 0 where there is none."""
    return db.execute(select(func.max(event.c.id))).scalar() or 0


def event_of(row: Row[Any]) -> Event:
    return Event(
        id=row.id, at=row.at, what=Happening(row.what), environment=row.environment, run=row.run, life=row.life,
        control=row.control, severity=None if row.severity is None else Severity(row.severity), by=row.by, data=by_name(row.data),
    )  # fmt: skip

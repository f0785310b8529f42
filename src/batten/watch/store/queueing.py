"""What waits, for how long, and what that says of the schedule; cheap questions that are asked again and again."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, exists, or_, select

from batten.model.record import record
from batten.watch.model import HOUR, SECOND, RunState, Why
from batten.watch.store.database import Database
from batten.watch.store.tables import environment, run

_QUEUED = run.c.state == RunState.QUEUED.value
_RECENT = 2000  # runs that are looked at for the lag


@record
class Lag:
    """How long scheduled runs waited for a worker, of those that began in the last hour, in milliseconds."""

    p50: int
    p99: int


@record
class Look:
    """Whether a tick would find something, and whether a run waits for a worker."""

    due: bool
    waits: bool


def look(database: Database, clock: Callable[[Connection], int]) -> Look:
    """What there is to do, in one question: processes ask it every second."""
    with database.read() as db:
        now = clock(db)
        there = or_(
            environment.c.planned.is_(None), environment.c.planned > now + SECOND, environment.c.due <= now
        )
        row = db.execute(select(exists().where(there), exists().where(_QUEUED))).one()
    return Look(bool(row[0]), bool(row[1]))


def lag(db: Connection, now: int) -> Lag | None:
    """How far assessments are behind their schedule, over all environments; None where none began."""
    latest = select(run.c.queued, run.c.started, run.c.why).order_by(run.c.id.desc()).limit(_RECENT)
    rows = db.execute(latest)
    begun = [row for row in rows if row.started is not None and row.started > now - HOUR]
    waited = sorted([max(0, row.started - row.queued) for row in begun if row.why == Why.SCHEDULE.value])
    return Lag(waited[len(waited) // 2], waited[len(waited) * 99 // 100]) if waited else None

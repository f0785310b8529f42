"""What waits, for how long, and what that says of the schedule; cheap questions that are asked again and again."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, exists, func, or_, select

from batten.model.record import record
from batten.watch.model import MINUTE, SECOND, RunState, Why
from batten.watch.store.database import Database
from batten.watch.store.tables import environment, run

_QUEUED = run.c.state == RunState.QUEUED.value
_RUNNING = run.c.state == RunState.RUNNING.value
_RECENT = 2000  # runs that are looked at for the lag


@record(kw_only=True)
class Lag:
    """How far assessments are behind their schedule. Times in milliseconds; `p99` is of what was started in the last hour
    from its due time on, None where nothing was."""

    queued: int
    running: int
    oldest: int  # how long the run has waited that waits longest; 0: none waits
    p50: int | None
    p99: int | None
    overdue: int  # environments
    lease: int  # how far the lease has run out that is furthest; 0: none has


def is_due(database: Database, clock: Callable[[Connection], int]) -> bool:
    """Whether a tick would find something."""
    with database.read() as db:
        now = clock(db)
        there = or_(environment.c.planned.is_(None), environment.c.planned > now + SECOND)
        wanted = exists().where(there), exists().where(environment.c.due <= now)
        return any(db.execute(select(one)).scalar() for one in wanted)


def waits(database: Database) -> bool:
    """Whether a run waits for a worker."""
    with database.read() as db:
        return bool(db.execute(select(exists().where(_QUEUED))).scalar())


def lag(db: Connection, now: int) -> Lag:
    """How far assessments are behind, over all environments."""
    queued, oldest = db.execute(select(func.count(), func.min(run.c.queued)).where(_QUEUED)).one()
    running, lease = db.execute(select(func.count(), func.min(run.c.lease)).where(_RUNNING)).one()
    waited = sorted(_waited(db, now))
    over = db.execute(select(func.count()).where(environment.c.overdue)).scalar() or 0
    return Lag(
        queued=queued, running=running, oldest=max(0, now - oldest) if oldest is not None else 0,
        p50=waited[len(waited) // 2] if waited else None, p99=waited[len(waited) * 99 // 100] if waited else None,
        overdue=over, lease=max(0, now - lease) if lease is not None else 0,
    )  # fmt: skip


def _waited(db: Connection, now: int) -> list[int]:
    latest = select(run.c.queued, run.c.started, run.c.why).order_by(run.c.id.desc()).limit(_RECENT)
    rows = db.execute(latest)
    begun = [row for row in rows if row.started is not None and row.started > now - 60 * MINUTE]
    return [max(0, row.started - row.queued) for row in begun if row.why == Why.SCHEDULE.value]

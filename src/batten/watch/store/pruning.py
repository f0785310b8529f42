"""What is removed with time: old runs and events, messages that were sent, and details that no finding has any more.

Lives, spans, intervals, waivers and the audit stay: they are rows of changes, and their number does not grow with runs.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Table, delete, exists, select, text

from batten.model.record import record
from batten.watch.model import DAY, Happening
from batten.watch.store import settings
from batten.watch.store.database import Database
from batten.watch.store.tables import detail, event, life, outbox, run

ROUTINE_DAYS = 7  # of events that say no more than the row of their run
_BATCH = 2_000  # rows a transaction: other writers wait for no more than that
_BATCHES = 250  # of a table at a time; what is left goes the next time
_SWEPT = "pruning.routine"  # up to when routine events are gone
_COUNTED = "pruning.details"  # when details were last looked at
_ROUTINE = tuple(h.value for h in (Happening.RUN_QUEUED, Happening.RUN_STARTED, Happening.RUN_DONE))


@record(kw_only=True)
class Pruned:
    """How many rows were removed."""

    runs: int
    events: int
    messages: int
    details: int


def prune(database: Database, keep_days: int, now: int) -> Pruned:
    """Remove what is older than `keep_days`, in many short transactions. It may be stopped and called at any time."""
    before = now - keep_days * DAY
    newer = run.alias("newer")
    last = ~exists().where(newer.c.environment == run.c.environment, newer.c.id > run.c.id)
    runs = _removed(database, run, run.c.ended, before, ~last)  # an environment's last run stays
    routine_before = now - ROUTINE_DAYS * DAY
    with database.read() as db:
        since = int(settings.read(db, _SWEPT) or 0)
    if since >= routine_before:
        routine = 0
    else:
        count = _removed(
            database, event, event.c.at, routine_before, event.c.at >= since, event.c.what.in_(_ROUTINE)
        )
        if count < _BATCH * _BATCHES:
            with database.begin() as db:
                settings.write(db, _SWEPT, str(routine_before))
        routine = count
    events = _removed(database, event, event.c.at, before) + routine
    messages = _removed(database, outbox, outbox.c.sent, before)
    return Pruned(runs=runs, events=events, messages=messages, details=_details(database, now))


def _removed(
    database: Database, table: Table, time: ColumnElement[int], before: int, *more: ColumnElement[bool]
) -> int:
    """Remove a table's rows of before a time, the oldest first; returns how many."""
    oldest = select(table.c.id).where(time < before, *more).order_by(time).limit(_BATCH)
    count = 0
    for _ in range(_BATCHES):
        with database.begin() as db:
            gone = db.execute(delete(table).where(table.c.id.in_(oldest))).rowcount
        count += gone
        if gone < _BATCH:
            break
    return count


def _details(database: Database, now: int) -> int:
    """Once a day: to find those without a life takes a look at all."""
    with database.read() as db:
        if abs(now - int(settings.read(db, _COUNTED) or 0)) < DAY:
            return 0
    count = 0
    for _ in range(_BATCHES):
        with database.begin() as db:
            if database.fleet:  # waits for those who have written a detail and not yet its life; on SQLite there is one writer
                db.execute(text("LOCK TABLE detail IN EXCLUSIVE MODE"))
            unused = select(detail.c.digest).except_(select(life.c.detail)).limit(_BATCH)
            digests = list(db.execute(unused).scalars())
            for start in range(0, len(digests), 500):
                db.execute(delete(detail).where(detail.c.digest.in_(digests[start : start + 500])))
            gone = len(digests)
        count += gone
        if gone < _BATCH:
            break
    with database.begin() as db:
        settings.write(db, _COUNTED, str(now))
    return count

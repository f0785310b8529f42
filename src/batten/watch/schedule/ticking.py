"""One tick: what is due is queued, and gets its next due time. Several may tick at once, on one database."""

from __future__ import annotations

import logging
from collections.abc import Callable

from sqlalchemy import Connection

from batten.watch.model import Environment, Happening, Why
from batten.watch.schedule.due import ScheduleProblem, due_after, due_first
from batten.watch.store import knowledge, runs, ticks
from batten.watch.store.database import Database
from batten.watch.store.ticks import Plan

_BATCH = 200  # environments in a transaction
_LOG = logging.getLogger("batten.watch")


def tick(database: Database, clock: Callable[[Connection], int]) -> int:
    """Queue what is due by the clock, in bounded batches until nothing is; how many runs were queued. What is due while the
    environment has a run already is not queued a second time."""
    while _each(database, clock, _plan):
        pass
    queued = 0
    while found := _each(database, clock, _queue):
        queued += sum(found)
    return queued


def tick_objectives(database: Database, clock: Callable[[Connection], int]) -> int:
    """Report what was not assessed within its objective, and what is again; how many environments changed so. What was known
    of the former is not known any more."""
    count = 0
    while True:
        with database.begin() as db:
            now = clock(db)
            found = ticks.objectives(db, now, _BATCH)
            for event in found:
                if event.what is Happening.OVERDUE:
                    knowledge.lapse(db, event.environment, now)
        count += len(found)
        if len(found) < _BATCH:
            return count


def _each(
    database: Database, clock: Callable[[Connection], int], act: Callable[[Connection, int], list[bool]]
) -> list[bool]:
    with database.begin() as db:
        return act(db, clock(db))


def _plan(db: Connection, now: int) -> list[bool]:
    found = ticks.unplanned(db, now, _BATCH)
    ticks.plan(db, [Plan(one.id, _next(due_first, one, now)) for one in found], now)
    return [True for _ in found]


def _queue(db: Connection, now: int) -> list[bool]:
    """Whether each of those that are due got a new run."""
    found = ticks.due(db, now, _BATCH)
    plans = [Plan(one.id, _next(due_after, one, now)) for one in found]
    ticks.plan(db, plans, now)
    scheduled = {plan.environment for plan in plans if plan.due is not None}
    return [one.id in scheduled and runs.queue(db, one.id, Why.SCHEDULE, "", now)[1] for one in found]


def _next(when: Callable[[Environment, int], int | None], one: Environment, now: int) -> int | None:
    """A schedule that another version has written, and this one cannot follow, is not followed, and said."""
    try:
        return when(one, now)
    except ScheduleProblem as problem:
        _LOG.error("%s is not assessed by itself: %s", one.name, problem)
        return None

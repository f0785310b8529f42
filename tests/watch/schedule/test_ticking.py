"""Ticks: what is due is queued once, whoever ticks, and by any clock."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from sqlalchemy import Connection, update

from batten.watch.model import DAY, HOUR, MINUTE, SERVICE, Environment, Happening, Run, RunState, Source, Why
from batten.watch.schedule.ticking import tick, tick_objectives
from batten.watch.store import environments, events, runs, teams
from batten.watch.store.database import Database
from batten.watch.store.tables import environment

_NOW = 1_795_770_000_000


class _Clock:
    def __init__(self) -> None:
        self.now = _NOW

    def __call__(self, db: Connection) -> int:
        return self.now


def _made(store: Database, count: int = 1, **given: object) -> list[int]:
    with store.begin() as db:
        team = teams.named(db, "shop")
        one = Environment(team=team, service="", stage="prod", source=Source.LIVE, created=_NOW)
        changed = [replace(one, service=f"s{at}", **given) for at in range(count)]  # type: ignore[arg-type]
        return [environments.add(db, e) for e in changed]


def _one(store: Database, number: int) -> Environment:
    with store.read() as db:
        found = environments.find(db, SERVICE, number)
    assert found is not None
    return found


def _queued(store: Database) -> list[Run]:
    with store.read() as db:
        return runs.every(db, SERVICE, states=[RunState.QUEUED], most=1000)


def _finish(store: Database, now: int) -> None:
    """Every run that waits ends well."""
    with store.begin() as db:
        while held := runs.claim(db, "w", now, 1000):
            assert runs.finish(db, held, now, runs.Result())


def test_a_new_environment_is_assessed_at_once_and_then_by_its_schedule(store: Database) -> None:
    clock = _Clock()
    (number,) = _made(store)
    assert tick(store, clock) == 1 and tick(store, clock) == 0
    (queued,) = _queued(store)
    assert (queued.environment, queued.why) == (number, Why.SCHEDULE)
    due = _one(store, number).due
    assert due is not None and _NOW < due <= _NOW + HOUR
    _finish(store, _NOW)
    clock.now = due - 1
    assert tick(store, clock) == 0
    clock.now = due
    assert tick(store, clock) == 1 and _one(store, number).due == due + HOUR


def test_what_is_due_while_it_is_assessed_is_not_queued_again(store: Database) -> None:
    clock = _Clock()
    (number,) = _made(store)
    tick(store, clock)
    clock.now += 3 * HOUR
    assert tick(store, clock) == 0 and len(_queued(store)) == 1
    due = _one(store, number).due
    assert due is not None and clock.now < due <= clock.now + HOUR


def test_a_service_that_was_down_makes_up_for_one_run_each(store: Database) -> None:
    clock = _Clock()
    numbers = _made(store, 5)
    tick(store, clock)
    _finish(store, _NOW)
    clock.now += 30 * DAY
    assert tick(store, clock) == 5 and tick(store, clock) == 0
    assert sorted(run.environment for run in _queued(store)) == sorted(numbers)


def test_a_clock_that_goes_back_leaves_no_due_time_far_away(store: Database) -> None:
    clock = _Clock()
    clock.now += 300 * DAY
    (number,) = _made(store)
    tick(store, clock)
    _finish(store, clock.now)
    clock.now = _NOW
    assert tick(store, clock) == 0
    due = _one(store, number).due
    assert due is not None and _NOW < due <= _NOW + HOUR


def test_a_pause_holds_and_its_end_makes_up_for_it(store: Database) -> None:
    clock = _Clock()
    (number,) = _made(store)
    tick(store, clock)
    _finish(store, _NOW)
    with store.begin() as db:
        environments.change(db, replace(_one(store, number), paused=True))
    clock.now += 5 * HOUR
    assert tick(store, clock) == 0 and _one(store, number).due is None
    with store.begin() as db:
        environments.change(db, replace(_one(store, number), paused=False))
    assert tick(store, clock) == 1


@pytest.mark.parametrize("given", [{"schedule": ""}, {"source": Source.PUSHED}, {"schedule": "at noon"}])
def test_what_has_no_schedule_is_not_queued(store: Database, given: dict[str, object]) -> None:
    (number,) = _made(store, **given)
    assert tick(store, _Clock()) == 0 and _one(store, number).due is None
    assert tick(store, _Clock()) == 0


def test_several_that_tick_at_once_queue_each_once(store: Database) -> None:
    numbers = _made(store, 450)
    clock = _Clock()
    counts: list[int] = []
    threads = [threading.Thread(target=lambda: counts.append(tick(store, clock))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 450 and sorted(run.environment for run in _queued(store)) == sorted(numbers)


def test_an_environment_that_is_not_assessed_is_told_of_once_each_way(store: Database) -> None:
    clock = _Clock()
    late, paused = _made(store, 2, objective=2 * HOUR)
    with store.begin() as db:
        environments.change(db, replace(_one(store, paused), paused=True))
    assert tick_objectives(store, clock) == 0
    clock.now += 2 * HOUR + 1
    assert tick_objectives(store, clock) == 1 and tick_objectives(store, clock) == 0
    assert _one(store, late).overdue and not _one(store, paused).overdue
    tick(store, clock)
    _finish(store, clock.now)
    assert tick_objectives(store, clock) == 1 and not _one(store, late).overdue
    told = [(e.what, e.environment, e.data["since"]) for e in _told(store)]
    assert told == [(Happening.OVERDUE, late, ""), (Happening.ON_TIME, late, str(clock.now))]


def test_an_assessment_that_a_wrong_clock_dated_ahead_hides_no_silence(store: Database) -> None:
    clock = _Clock()
    (number,) = _made(store, objective=HOUR)
    with store.begin() as db:
        db.execute(update(environment).values(assessed=_NOW + 3000 * DAY))
    tick_objectives(store, clock)
    clock.now += HOUR + MINUTE
    assert tick_objectives(store, clock) == 1 and _one(store, number).overdue


def _told(store: Database) -> list[events.Event]:
    with store.read() as db:
        return [e for e in events.after(db, SERVICE, 0) if e.what in (Happening.OVERDUE, Happening.ON_TIME)]

"""What waits, and for how long."""

from __future__ import annotations

from batten.watch.model import HOUR, SECOND, Why
from batten.watch.store import queueing, runs, ticks, turns
from batten.watch.store.database import Database
from batten.watch.store.queueing import Lag, Look
from watch_stores import environment

_NOW = 1_795_770_000_000


def test_the_lag_is_that_of_scheduled_runs_of_the_last_hour(store: Database) -> None:
    numbers = [environment(store, f"s{at}") for at in range(100)]
    with store.begin() as db:
        assert queueing.lag(db, _NOW) is None
        for at, number in enumerate(numbers):
            runs.queue(db, number, Why.DEMAND if at == 99 else Why.SCHEDULE, "", _NOW)
            held = runs.claim(db, "w", _NOW + at * SECOND, 1000)
            assert held is not None
        assert queueing.lag(db, _NOW + 100 * SECOND) == Lag(49 * SECOND, 98 * SECOND)
        assert queueing.lag(db, _NOW + 2 * HOUR) is None


def test_questions_that_are_asked_every_second_say_what_is_there(store: Database) -> None:
    assert queueing.look(store, lambda db: _NOW) == Look(due=False, waits=False)
    number = environment(store)
    assert queueing.look(store, lambda db: _NOW) == Look(due=True, waits=False)
    with store.begin() as db:
        runs.queue(db, number, Why.DEMAND, "ann", _NOW)
        ticks.plan(db, [ticks.Plan(number, _NOW + 5)], _NOW)
    assert queueing.look(store, lambda db: _NOW) == Look(due=False, waits=True)
    assert queueing.look(store, lambda db: _NOW + 5).due and queueing.look(store, lambda db: _NOW - HOUR).due


def test_a_turn_is_one_process_s_once_in_a_while(store: Database) -> None:
    with store.begin() as db:
        assert turns.take(db, "objectives", _NOW, HOUR) and not turns.take(
            db, "objectives", _NOW + HOUR - 1, HOUR
        )
        assert turns.take(db, "other", _NOW, HOUR) and turns.take(db, "objectives", _NOW + HOUR, HOUR)
        assert turns.take(db, "objectives", _NOW - HOUR, HOUR), "a clock that was ahead holds nobody up"

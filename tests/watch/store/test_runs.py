"""Runs, from the queue to their end."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from batten.watch.model import SERVICE, Caller, Grant, Happening, Role, RunState, Why
from batten.watch.store import environments, events, runs
from batten.watch.store.database import Database
from batten.watch.store.runs import Result
from watch_stores import environment

TERM = 60


def told(database: Database) -> list[tuple[Happening, int]]:
    with database.read() as db:
        return [(e.what, e.run) for e in events.after(db, SERVICE, 0)]


def test_an_environment_has_one_pending_run(store: Database) -> None:
    number = environment(store)
    with store.begin() as db:
        first, made = runs.queue(db, number, Why.SCHEDULE, "", 5)
        again, twice = runs.queue(db, number, Why.DEMAND, "ann", 6)
        assert made and not twice and again == first
        held = runs.claim(db, "w", 7, TERM)
        assert held is not None and (held.state, held.lease, held.attempt) == (RunState.RUNNING, 67, 1)
        assert runs.queue(db, number, Why.DEMAND, "ann", 8)[0] == held
        assert runs.claim(db, "v", 8, TERM) is None
        assert runs.finish(db, held, 9, Result(opened=2, standing=3, problems=("a",), commit="c"))
        ended = runs.find(db, SERVICE, first.id)
        assert ended is not None and (ended.state, ended.opened, ended.problems, ended.ended) == (
            RunState.DONE,
            2,
            ("a",),
            9,
        )
        later, made = runs.queue(db, number, Why.DEMAND, "ann", 10)
        assert made and later.id > first.id
        known = environments.find(db, SERVICE, number)
        assert known is not None and known.assessed == 9
    assert [what for what, _ in told(store)] == [
        Happening.RUN_QUEUED, Happening.RUN_STARTED, Happening.RUN_DONE, Happening.RUN_QUEUED,
    ]  # fmt: skip


def test_an_environment_that_is_not_there_has_none(store: Database) -> None:
    with pytest.raises(IntegrityError), store.begin() as db:
        runs.queue(db, 99, Why.DEMAND, "", 1)


def test_people_do_not_wait_for_schedules(store: Database) -> None:
    first, second = environment(store), environment(store, "payments")
    with store.begin() as db:
        runs.queue(db, first, Why.SCHEDULE, "", 1)
        asked, _ = runs.queue(db, second, Why.DEMAND, "ann", 2)
        held = runs.claim(db, "w", 3, TERM)
        assert held is not None and held.id == asked.id


def test_only_its_worker_ends_a_run(store: Database) -> None:
    number = environment(store)
    with store.begin() as db:
        runs.queue(db, number, Why.SCHEDULE, "", 1)
        held = runs.claim(db, "w", 2, TERM)
        assert held is not None
        for other in (replace(held, worker="v"), replace(held, attempt=2)):
            assert not runs.beat(db, other, 3, TERM, "") and not runs.finish(db, other, 3, Result())
            assert not runs.fail(db, other, 3, "no") and not runs.stopped(db, other, 3)
            assert not runs.release(db, other, 3) and not runs.holds(db, other)
        assert runs.holds(db, held) and runs.beat(db, held, 3, TERM, "reads files")
        assert runs.fail(db, held, 4, "the target does not answer")
        assert not runs.fail(db, held, 5, "again") and not runs.beat(db, held, 5, TERM, "")


def test_a_worker_that_is_lost_is_given_up(store: Database) -> None:
    number = environment(store)
    with store.begin() as db:
        asked, _ = runs.queue(db, number, Why.SCHEDULE, "", 0)
        for attempt in range(1, runs.LOSSES + 1):
            held = runs.claim(db, f"w{attempt}", 100 * attempt, TERM)
            assert held is not None and held.attempt == attempt
            assert runs.beat(db, held, 100 * attempt, TERM, "") and not runs.lost(db, held, 100 * attempt + 1)
            assert runs.lost(db, runs.running(db)[0], 100 * attempt + 1) and runs.running(db) == []
            assert not runs.finish(db, held, 100 * attempt + TERM + 2, Result())
        ended = runs.find(db, SERVICE, asked.id)
        assert ended is not None and ended.state is RunState.FAILED and "3 workers" in ended.error


def test_a_run_is_cancelled(store: Database) -> None:
    number = environment(store)
    viewer = Caller(name="v", grants=(Grant(Role.VIEWER),))
    with store.begin() as db:
        waits, _ = runs.queue(db, number, Why.DEMAND, "ann", 1)
        assert runs.cancel(db, viewer, waits.id, 2) is None
        ended = runs.cancel(db, SERVICE, waits.id, 2)
        assert ended is not None and ended.state is RunState.CANCELLED
        runs.queue(db, number, Why.DEMAND, "ann", 3)
        held = runs.claim(db, "w", 4, TERM)
        assert held is not None
        asked = runs.cancel(db, SERVICE, held.id, 5)
        assert asked is not None and asked.state is RunState.RUNNING and asked.cancel
        assert not runs.beat(db, held, 6, TERM, "") and runs.stopped(db, held, 6)
        runs.queue(db, number, Why.DEMAND, "ann", 7)
        hangs = runs.claim(db, "w", 8, TERM)
        assert hangs is not None
        runs.cancel(db, SERVICE, hangs.id, 9)
        assert runs.lost(db, hangs, 9 + TERM)
        given_up = runs.find(db, SERVICE, hangs.id)
        assert given_up is not None and given_up.state is RunState.CANCELLED


def test_a_deployment_during_a_run_is_looked_at_by_the_next(store: Database) -> None:
    number = environment(store)
    with store.begin() as db:
        runs.queue(db, number, Why.SCHEDULE, "", 1)
        held = runs.claim(db, "w", 2, TERM)
        assert held is not None
        assert runs.queue(db, number, Why.WEBHOOK, "ci", 3, "v2") == (held, False)
        assert runs.finish(db, held, 4, Result())
        after = runs.pending(db, number)
        assert after is not None and (after.why, after.by, after.deployment) == (Why.WEBHOOK, "ci", "v2")


def test_a_worker_that_ends_gives_its_run_back(store: Database) -> None:
    number = environment(store)
    with store.begin() as db:
        runs.queue(db, number, Why.SCHEDULE, "", 1)
        held = runs.claim(db, "w", 2, TERM)
        assert held is not None and runs.release(db, held, 3)
        other = runs.claim(db, "v", 4, TERM, held.id)
        assert other is not None and (other.id, other.attempt) == (held.id, 2)
        assert not runs.finish(db, held, 5, Result())


def test_results_that_are_there_already_have_a_run(store: Database) -> None:
    number = environment(store)
    with store.begin() as db:
        held = runs.begin(db, number, Why.PUSH, "ci", 1, TERM, "push")
        assert held is not None and held.state is RunState.RUNNING
        assert runs.begin(db, number, Why.PUSH, "ci", 1, TERM, "push") is None
        assert runs.finish(db, held, 2, Result())


def test_runs_are_listed_for_those_who_see_them(store: Database) -> None:
    first, second = environment(store), environment(store, "payments", team="bank")
    one = Caller(name="a", grants=(Grant(Role.OPERATOR, environment=first),))
    with store.begin() as db:
        numbers = []
        for number in (first, second):
            for _ in range(2):
                asked, _ = runs.queue(db, number, Why.DEMAND, "", 1)
                runs.cancel(db, SERVICE, asked.id, 1)
                numbers.append(asked.id)
        assert [r.id for r in runs.every(db, SERVICE)] == numbers[::-1]
        assert [r.id for r in runs.every(db, one)] == numbers[1::-1]
        assert [r.id for r in runs.every(db, SERVICE, second, before=numbers[3])] == [numbers[2]]
        assert runs.every(db, SERVICE, states=[RunState.QUEUED]) == []
        assert runs.find(db, one, numbers[3]) is None and runs.cancel(db, one, numbers[3], 2) is None

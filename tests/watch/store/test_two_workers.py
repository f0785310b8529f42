"""Several workers, in any interleaving, leave what one worker would have left: assessments of an environment follow each other,
and what a worker says that was given up is not taken."""

from __future__ import annotations

import random
from itertools import count, pairwise
from queue import Queue
from threading import Thread

from sqlalchemy import func, select

from batten.model import Severity
from batten.watch.model import SERVICE, Assessed, Interval, Life, Run, RunState, Side, Why
from batten.watch.store import intervals, knowledge, lives, runs
from batten.watch.store.database import Database
from batten.watch.store.tables import interval, life, span
from proofs import PROOF
from waiting import BOUND
from watch_assessments import CONTROLS, seen
from watch_stores import environment
from watch_worlds import PLACES, World, by_control

RUNS = 200 if PROOF else 10  # of each environment
WORKERS = 4
_END = 0


class Workers:
    """Workers that claim, assess by plan and settle; some are given up meanwhile and settle all the same."""

    def __init__(self, store: Database, plans: dict[int, list[Assessed]]) -> None:
        self.store, self.plans = store, plans
        self.clock = count(1_000_000)
        self.waiting = Queue[int]()  # one for each run that is queued
        self.errors: list[BaseException] = []

    def together(self) -> None:
        for number in self.plans:
            self.ask(number)
        threads = [Thread(target=self.work, args=(f"worker-{n}",)) for n in range(WORKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not self.errors

    def work(self, name: str) -> None:
        chance = random.Random(name)
        try:
            while self.waiting.get(timeout=BOUND) != _END:
                self.one(name, chance)
        except BaseException as error:
            self.errors.append(error)
        self.waiting.put(_END)

    def one(self, name: str, chance: random.Random) -> None:
        with self.store.begin() as db:
            held = runs.claim(db, name, next(self.clock), 60_000)
        if held is None:
            self.waiting.put(1)
            return
        given_up = held.attempt == 1 and chance.random() < 0.3
        if given_up:
            with self.store.begin() as db:
                assert runs.lost(db, held, next(self.clock))
            self.waiting.put(1)
        self.settle(held, given_up)

    def settle(self, held: Run, given_up: bool) -> None:
        with self.store.begin() as db:
            done = self.done(held.environment)
            plan = self.plans[held.environment]
            assessed = plan[min(done, len(plan) - 1)]
            made = knowledge.settle(db, held, assessed, next(self.clock))
        assert (made is None) == given_up
        if not given_up and done + 1 < len(plan):
            self.ask(held.environment)
        elif not given_up and all(self.done(number) == len(plan) for number, plan in self.plans.items()):
            self.waiting.put(_END)

    def done(self, number: int) -> int:
        with self.store.read() as db:
            return len(runs.every(db, SERVICE, number, [RunState.DONE], most=RUNS + 1))

    def ask(self, number: int) -> None:
        with self.store.begin() as db:
            assert runs.queue(db, number, Why.DEMAND, "", next(self.clock))[1]
        self.waiting.put(1)


def plan(seed: int) -> list[Assessed]:
    """Assessments of one environment, one after the other."""
    chance = random.Random(seed)

    def one() -> Assessed:
        found = [
            seen(control, place, severity=chance.choice([Severity.LOW, Severity.HIGH]), value=chance.choice("ab"))
            for place in PLACES
            for control in CONTROLS
            if chance.random() < 0.4
        ]  # fmt: skip
        return Assessed(
            found=tuple(found), judged={Side.DECLARED: frozenset(CONTROLS)}, places=frozenset(f.place for f in found),
            complete=frozenset([Side.DECLARED] if chance.random() < 0.7 else []),
        )  # fmt: skip

    return [one() for _ in range(RUNS)]


def test_several_workers_are_as_one(store: Database) -> None:
    numbers = [environment(store, f"service-{index}") for index in range(3)]
    plans = {number: plan(number) for number in numbers}
    Workers(store, plans).together()
    for number, assessments in plans.items():
        alone = World()
        for run, assessed in enumerate(assessments, 1):
            alone.assess(assessed, run, run)
        as_one_leaves_it(store, number, alone)


def as_one_leaves_it(store: Database, number: int, alone: World) -> None:
    with store.read() as db:
        rows = db.execute(select(life).where(life.c.environment == number).order_by(life.c.id))
        kept = [lives.life_of(row) for row in rows]
        assert [bare(one) for one in kept] == [bare(one) for one in alone.lives.values()]
        spans = db.execute(
            select(func.count()).select_from(span).where(span.c.environment == number)
        ).scalar()
        assert spans == len(alone.spans)
        every = select(interval).where(interval.c.environment == number).order_by(interval.c.id)
        found = World(intervals=[intervals.interval_of(row) for row in db.execute(every)])
    for key, told in by_control(alone).items():
        there: list[Interval] = by_control(found)[key]
        assert [one.status for one in there] == [one.status for one in told]
        assert all(one.end == after.start for one, after in pairwise(there)) and there[-1].end is None


def bare(one: Life) -> tuple[object, ...]:
    """A life without its times, and the runs that they are of."""
    return one.fingerprint, one.state, one.severity, one.value, one.regressed, one.place

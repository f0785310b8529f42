"""Many at once, and any order of what may happen to runs: one pending run an environment, one worker a run, one end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from batten.watch.model import SERVICE, Happening, Run, RunState, Why
from batten.watch.store import events, runs
from batten.watch.store.database import Database
from batten.watch.store.runs import Result
from proofs import PROOF
from watch_stores import environment, sqlite

WORKERS = 6


def test_one_is_queued_whoever_asks(store: Database) -> None:
    number = environment(store)
    together = Barrier(WORKERS)

    def ask(_: int) -> tuple[int, bool]:
        together.wait()
        with store.begin() as db:
            asked, made = runs.queue(db, number, Why.DEMAND, "ann", 1)
            return asked.id, made

    with ThreadPoolExecutor(WORKERS) as pool:
        got = list(pool.map(ask, range(WORKERS)))
    assert len({number for number, _ in got}) == 1 and [made for _, made in got].count(True) == 1


def test_a_run_is_claimed_once_whoever_claims(store: Database) -> None:
    waiting = set()
    for service in range(30):
        number = environment(store, f"service{service}")
        with store.begin() as db:
            waiting.add(runs.queue(db, number, Why.SCHEDULE, "", 1)[0].id)
    together = Barrier(WORKERS)

    def work(worker: int) -> list[int]:
        together.wait()
        mine = []
        while True:
            with store.begin() as db:
                held = runs.claim(db, f"w{worker}", 2, 60)
                if held is None:
                    return mine
                mine.append(held.id)

    with ThreadPoolExecutor(WORKERS) as pool:
        claimed = [number for mine in pool.map(work, range(WORKERS)) for number in mine]
    assert sorted(claimed) == sorted(waiting)


_ENDS = {
    RunState.DONE: Happening.RUN_DONE,
    RunState.FAILED: Happening.RUN_FAILED,
    RunState.CANCELLED: Happening.RUN_CANCELLED,
}
_which = st.integers(0, 50)


class Runs(RuleBasedStateMachine):
    """Workers that hold runs, also in vain, and what the database makes of them."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory()
        self.database = sqlite(Path(self._folder.name))
        self.numbers = [environment(self.database, f"s{n}") for n in range(2)]
        self.held: list[Run] = []  # all that were ever handed to a worker
        self.ended: dict[int, RunState] = {}
        self.now = 1

    def teardown(self) -> None:
        self.database.close()
        self._folder.cleanup()

    @rule(which=_which, why=st.sampled_from([Why.SCHEDULE, Why.DEMAND, Why.WEBHOOK]))
    def queue(self, which: int, why: Why) -> None:
        with self.database.begin() as db:
            asked, made = runs.queue(db, self.numbers[which % 2], why, "ann", self.now)
        assert (
            made is (asked.state is RunState.QUEUED and asked.queued == self.now and asked.attempt == 0)
            or not made
        )

    @rule(worker=st.sampled_from("ab"))
    def claim(self, worker: str) -> None:
        with self.database.begin() as db:
            one = runs.claim(db, worker, self.now, 60)
        if one is not None:
            self.held.append(one)

    @rule(which=_which, how=st.sampled_from(["beat", "finish", "fail", "stopped", "release", "lost"]))
    def say(self, which: int, how: str) -> None:
        """A worker, perhaps one that was given up, says something of its run."""
        if not self.held:
            return
        one = self.held[which % len(self.held)]
        with self.database.begin() as db:
            current = runs.find(db, SERVICE, one.id)
            assert current is not None
            mine = (current.state, current.worker, current.attempt) == (
                RunState.RUNNING,
                one.worker,
                one.attempt,
            )
            stays = mine and not (current.cancel and how == "beat")
            assert self._do(db, how, one, current) is stays
        self.held = [h for h in self.held if h is not one or how == "beat"] + (
            [one] if how == "finish" else []
        )

    def _do(self, db, how: str, one: Run, current: Run) -> bool:  # type: ignore[no-untyped-def]
        match how:
            case "beat":
                return runs.beat(db, one, self.now, 60, "reads")
            case "finish":
                return runs.finish(db, one, self.now, Result(standing=1))
            case "fail":
                return runs.fail(db, one, self.now, "it failed")
            case "stopped":
                return runs.stopped(db, one, self.now)
            case "release":
                return runs.release(db, one, self.now)
        mine = (current.worker, current.attempt) == (one.worker, one.attempt)
        return runs.lost(db, current, self.now) if mine else False

    @rule(which=_which)
    def cancel(self, which: int) -> None:
        with self.database.begin() as db:
            there = runs.every(db, SERVICE)
            if there:
                one = there[which % len(there)]
                after = runs.cancel(db, SERVICE, one.id, self.now)
                assert after is not None and (after.cancel or after.state is not RunState.RUNNING)

    @invariant()
    def one_pending_an_environment_and_one_end_a_run(self) -> None:
        self.now += 1
        with self.database.read() as db:
            there = runs.every(db, SERVICE, most=1_000)
            told = events.after(db, SERVICE, 0, 10_000)
        for number in self.numbers:
            assert sum(not one.state.ended for one in there if one.environment == number) <= 1
        for one in there:
            ends = [e.what for e in told if e.run == one.id and e.what in _ENDS.values()]
            assert ends == ([_ENDS[one.state]] if one.state.ended else [])
            assert (
                self.ended.setdefault(one.id, one.state) is one.state
                if one.state.ended
                else one.id not in self.ended
            )
            assert (one.lease is not None) is (one.state is RunState.RUNNING)


TestRuns = Runs.TestCase
TestRuns.settings = settings(max_examples=500 if PROOF else 12, stateful_step_count=30, deadline=None)

"""The loop of one process: what is queued is assessed once, and nothing that was found is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from batten.model import Severity
from batten.watch.assess.assessment import AssessProblem
from batten.watch.model import SERVICE, Assessed, Environment, Owned, Run, RunState, Seen, Side, Why
from batten.watch.schedule import spool
from batten.watch.schedule.local import Loop
from batten.watch.schedule.working import Assess
from batten.watch.settings import Settings, Watch
from batten.watch.store import runs
from batten.watch.store.database import Database
from waiting import until
from watch_stores import environment

FOUND = Assessed(
    found=(
        Seen(
            side=Side.OBSERVED, fingerprint="ab", control="hsts-sent", case="absent", severity=Severity.HIGH, message="m",
            place="https://a", cause="hsts-sent absent",
        ),
    ),
    judged={Side.OBSERVED: frozenset({"hsts-sent"})}, complete=frozenset({Side.OBSERVED}),
)  # fmt: skip

_DEAD = "host-7-0123abcd"
Progress = Callable[[str], None]
Cancelled = Callable[[], bool]


def finds(
    environment: Environment, settings: Settings, progress: Progress, cancelled: Cancelled, owned: Owned
) -> Assessed:
    return FOUND


@contextmanager
def looping(store: Database, folder: Path, assess: Assess = finds, **given: float) -> Iterator[Loop]:
    loop = Loop(Watch(store, Settings(folder=folder, workers=2)), assess, term=3000, pause=0.02)
    loop.start()
    try:
        yield loop
    finally:
        loop.stop(given.get("seconds", 60.0))


def ended(store: Database, number: int, state: RunState = RunState.DONE) -> Run:
    """The run of an environment, when it has come to this state."""

    def found() -> Run | None:
        with store.read() as db:
            return next(iter(runs.every(db, SERVICE, number, [state])), None)

    return until(found, f"a run is {state.value}")  # type: ignore[return-value]


def asked(store: Database, number: int) -> Run:
    with store.begin() as db:
        return runs.queue(db, number, Why.DEMAND, "ann", 5)[0]


def test_a_new_environment_is_assessed_and_its_findings_are_known(store: Database, tmp_path: Path) -> None:
    number = environment(store)
    with looping(store, tmp_path):
        done = ended(store, number)
    assert (done.opened, done.why, done.attempt) == (1, Why.SCHEDULE, 1)
    assert not list((tmp_path / "spool").iterdir()) and not list((tmp_path / "workers").iterdir())


def test_why_an_assessment_failed_is_said(store: Database, tmp_path: Path) -> None:
    def fails(
        environment: Environment, settings: Settings, progress: Progress, cancelled: Cancelled, owned: Owned
    ) -> Assessed:
        raise AssessProblem("https://a did not answer")

    number = environment(store)
    with looping(store, tmp_path, fails):
        assert ended(store, number, RunState.FAILED).error == "https://a did not answer"


def test_an_error_of_batten_fails_its_run_alone(store: Database, tmp_path: Path) -> None:
    def breaks(
        one: Environment, settings: Settings, progress: Progress, cancelled: Cancelled, owned: Owned
    ) -> Assessed:
        return FOUND if one.id == good else {}[one.id]  # type: ignore[no-any-return]

    bad, good = environment(store), environment(store, stage="staging")
    with looping(store, tmp_path, breaks):
        assert "internal error" in ended(store, bad, RunState.FAILED).error
        assert ended(store, good).opened == 1


def test_a_result_that_the_database_never_takes_fails_its_run(store: Database, tmp_path: Path) -> None:
    def wrong(
        environment: Environment, settings: Settings, progress: Progress, cancelled: Cancelled, owned: Owned
    ) -> Assessed:
        return Assessed(found=FOUND.found, judged={Side.OBSERVED: frozenset({None})})  # type: ignore[arg-type]

    number = environment(store)
    with looping(store, tmp_path, wrong):
        assert "the database refused" in ended(store, number, RunState.FAILED).error


def test_a_cancelled_run_stops_and_its_progress_is_seen(store: Database, tmp_path: Path) -> None:
    def waits(
        environment: Environment, settings: Settings, progress: Progress, cancelled: Cancelled, owned: Owned
    ) -> Assessed:
        progress("14 of 30 probes")
        until(cancelled, "it is cancelled")
        raise AssessProblem("it was cancelled")

    number = environment(store)
    with looping(store, tmp_path, waits):
        run = ended(store, number, RunState.RUNNING)
        until(lambda: ended(store, number, RunState.RUNNING).progress == "14 of 30 probes", "progress")
        with store.begin() as db:
            runs.cancel(db, SERVICE, run.id, 6)
        assert ended(store, number, RunState.CANCELLED).id == run.id


def test_a_stop_lets_what_runs_end_or_gives_it_back(store: Database, tmp_path: Path) -> None:
    begun = threading.Event()

    def waits(
        environment: Environment, settings: Settings, progress: Progress, cancelled: Cancelled, owned: Owned
    ) -> Assessed:
        begun.set()
        until(cancelled, "the process ends")
        raise AssessProblem("it was cancelled")

    number = environment(store)
    with looping(store, tmp_path, waits, seconds=0.0):
        assert begun.wait(60)
    back = ended(store, number, RunState.QUEUED)
    assert back.attempt == 1
    with looping(store, tmp_path):
        assert ended(store, number).id == back.id


def test_two_loops_on_one_database_assess_each_once(store: Database, tmp_path: Path) -> None:
    inside: set[int] = set()
    twice: list[int] = []
    count: list[int] = []
    lock = threading.Lock()

    def watched(
        one: Environment, settings: Settings, progress: Progress, cancelled: Cancelled, owned: Owned
    ) -> Assessed:
        with lock:
            twice.extend({one.id} & inside)
            inside.add(one.id)
            count.append(one.id)
        with lock:
            inside.discard(one.id)
        return FOUND

    numbers = [environment(store, f"s{at}") for at in range(30)]
    with looping(store, tmp_path, watched), looping(store, tmp_path, watched):
        for number in numbers:
            ended(store, number)
    assert not twice and sorted(count) == numbers


def test_a_run_that_a_dead_worker_had_is_assessed_again_and_its_result_is_not_lost(
    store: Database, tmp_path: Path
) -> None:
    """What kill -9 leaves: a run in progress and the file of a worker without a lock, with or without a result on the disk."""
    lost, kept = environment(store), environment(store, stage="staging")
    (tmp_path / "workers").mkdir()
    (tmp_path / "workers" / _DEAD).touch()
    with store.begin() as db:
        for number in (lost, kept):
            runs.queue(db, number, Why.DEMAND, "ann", 5)
        held = [runs.claim(db, _DEAD, 6, 60_000), runs.claim(db, _DEAD, 6, 60_000)]
    mine = next(one for one in held if one is not None and one.environment == kept)
    assert spool.keep(tmp_path, mine, FOUND)
    assessed: list[int] = []

    def counts(
        one: Environment, settings: Settings, progress: Progress, cancelled: Cancelled, owned: Owned
    ) -> Assessed:
        assessed.append(one.id)
        return FOUND

    half = tmp_path / "spool" / f"{mine.id}.1.{_DEAD}.0123456789ab"
    half.write_bytes(b"[{")  # it was killed while it wrote
    with looping(store, tmp_path, counts):
        assert ended(store, kept).attempt == 1 and ended(store, lost).attempt == 2
        until(lambda: not (tmp_path / "workers" / _DEAD).exists(), "the dead worker is forgotten")
    assert assessed == [lost] and not list((tmp_path / "spool").iterdir())


def test_a_worker_that_is_silent_for_a_term_loses_its_run(store: Database, tmp_path: Path) -> None:
    """One of another machine: no file says whether it lives."""
    number = environment(store)
    with store.begin() as db:
        runs.queue(db, number, Why.DEMAND, "ann", 5)
        held = runs.claim(db, "elsewhere", 10**14, 60_000)  # by a clock that was far ahead
        assert held is not None
    with looping(store, tmp_path):
        assert ended(store, number).attempt == 2
    with store.begin() as db:
        assert not runs.fail(db, held, 7, "late")

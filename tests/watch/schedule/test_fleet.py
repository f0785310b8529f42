"""Workers of a fleet: several processes at PostgreSQL, each run assessed once, whatever happens to one of them."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from batten.watch.model import SERVICE, Run, RunState, Why
from batten.watch.store import runs
from batten.watch.store.database import Database, open_database
from batten.watch.store.jobs import are_there, prepare_jobs
from batten.watch.store.schema import prepare
from waiting import until
from watch_fleet import command, surroundings
from watch_postgres import postgres
from watch_stores import environment


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[tuple[str, Database]]:
    (tmp_path / "seen").mkdir()
    with postgres() as url:
        database = open_database(url)
        prepare(database)
        try:
            yield url, database
        finally:
            database.close()


@contextmanager
def _workers(url: str, folder: Path, count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    with ExitStack() as stack:
        log = stack.enter_context((folder / "log").open("ab"))
        started = [
            subprocess.Popen(command("worker", url, folder), stderr=log, env=surroundings())
            for _ in range(count)
        ]
        try:
            yield started
        finally:
            for one in started:
                one.send_signal(signal.SIGCONT)
                one.terminate()
            for one in started:
                one.wait(120)


def _every(database: Database, state: RunState) -> list[Run]:
    with database.read() as db:
        return runs.every(db, SERVICE, states=[state], most=1000)


def test_workers_assess_what_is_due_and_what_is_asked_for(
    fleet: tuple[str, Database], tmp_path: Path
) -> None:
    url, database = fleet
    numbers = [environment(database, f"s{at}") for at in range(20)]
    with _workers(url, tmp_path, 2) as started:
        until(lambda: len(_every(database, RunState.DONE)) == 20, "every environment is assessed")
        with database.begin() as db:
            again, new = runs.queue(db, numbers[0], Why.DEMAND, "ann", 5)
        assert new
        until(
            lambda: again.id in {one.id for one in _every(database, RunState.DONE)},
            "the one asked for is assessed",
        )
    assert [one.returncode for one in started] == [0, 0], (tmp_path / "log").read_text()
    assert not (tmp_path / "twice").exists()
    assert len({one.worker for one in _every(database, RunState.DONE)}) == 2


def test_the_tables_of_the_queue_are_made_once(fleet: tuple[str, Database]) -> None:
    _, database = fleet
    with database.begin() as db:
        assert not are_there(db)
    prepare_jobs(database)
    prepare_jobs(database)
    with database.begin() as db:
        assert are_there(db)


def test_a_process_that_hangs_in_a_transaction_loses_its_locks(fleet: tuple[str, Database]) -> None:
    _, database = fleet
    with database.read() as db:
        assert db.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar() == "20s"

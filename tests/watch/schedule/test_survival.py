"""What processes, a database and a clock do to a schedule that is at work: nothing that was found is lost, nothing is assessed twice
at once, nothing stays stuck. `make proof` does it hundreds of times (tests/proofs.py)."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from batten.watch.model import DAY, SERVICE, Assessed, Environment, Happening, Owned, Role, Run, RunState, Why
from batten.watch.schedule.local import Loop
from batten.watch.settings import Settings, Watch
from batten.watch.store import audit, environments, events, runs
from batten.watch.store.database import Database, open_database
from batten.watch.store.schema import prepare
from proofs import PROOF
from waiting import until
from watch_fleet import FOUND, TERM, command, surroundings
from watch_postgres import postgres, server
from watch_stores import environment

_KILLS = 110 if PROOF else 3  # on each database
_STOPS = 20 if PROOF else 2
_JUMPS = 200 if PROOF else 20
_HANGS = 10 if PROOF else 1
_COUNT = 6  # environments


class _Crew:
    """Processes at one database; one that is killed is started again."""

    def __init__(self, url: str, folder: Path, kinds: tuple[str, ...], stack: ExitStack) -> None:
        self.url, self.folder, self.kinds = url, folder, kinds
        self.log = stack.enter_context((folder / "log").open("ab"))
        self.processes = [self._started(kind) for kind in kinds]
        stack.callback(self._end)

    def kill(self, at: int) -> None:
        self.processes[at].kill()
        self.processes[at].wait()
        self.processes[at] = self._started(self.kinds[at])

    def send(self, at: int, what: signal.Signals) -> None:
        self.processes[at].send_signal(what)

    def _started(self, kind: str) -> subprocess.Popen[bytes]:
        words = command(kind, self.url, self.folder)
        return subprocess.Popen(words, stderr=self.log, env=surroundings())

    def _end(self) -> None:
        for one in self.processes:
            one.send_signal(signal.SIGCONT)
            one.terminate()
        codes = [one.wait(120) for one in self.processes]
        # One that has only just been started may know nothing of signals yet.
        assert set(codes) <= {0, -signal.SIGTERM}, (self.folder / "log").read_text()[-4000:]


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    database = open_database(url)
    prepare(database)
    try:
        yield database
    finally:
        database.close()


def _estate(database: Database, folder: Path) -> list[int]:
    (folder / "seen").mkdir()
    numbers = [environment(database, f"s{at}") for at in range(_COUNT)]
    with database.begin() as db:
        audit.append(db, 1, SERVICE, "environments.added")
    return numbers


def _asked(database: Database, numbers: list[int]) -> None:
    """Ask for what does not wait already."""
    with suppress(OperationalError):  # the database is away now and then
        waits = {run.environment for run in _pending(database)}
        for number in sorted(set(numbers) - waits):
            with database.begin() as db:
                runs.queue(db, number, Why.DEMAND, "ann", 5)


def _came(database: Database) -> int:
    """How far it is: the number of events."""
    with suppress(OperationalError), database.read() as db:
        return events.last(db)
    return 0


def _further(database: Database, numbers: list[int], steps: int) -> None:
    """Returns when so much more has happened."""
    goal = _came(database) + steps

    def is_there() -> bool:
        _asked(database, numbers)
        return _came(database) >= goal

    until(is_there, "assessments go on")


def _quiet(database: Database, numbers: list[int]) -> None:
    """Returns when nothing waits or runs, and every environment was assessed after all that happened."""
    _asked(database, numbers)
    until(lambda: not _pending(database), "the queue is empty")


def _pending(database: Database) -> list[Run]:
    with database.read() as db:
        return runs.every(db, SERVICE, states=[RunState.QUEUED, RunState.RUNNING])


def _holds(database: Database, folder: Path, numbers: list[int]) -> None:
    """Nothing twice, nothing lost, nothing stuck."""
    assert not (folder / "twice").exists()
    with database.read() as db:
        assert audit.verify(db) is None
        ended = [one for one in _events(db) if one.what in (Happening.RUN_DONE, Happening.RUN_FAILED)]
        new = [one.environment for one in _events(db) if one.what is Happening.FINDING_NEW]
        every = _runs(db)
    assert all(count == 1 for count in Counter(one.run for one in ended).values())
    assert sorted(new) == numbers, "each finding is told of once"
    failed = [one.error for one in every if one.state is RunState.FAILED]
    assert all("workers stopped answering" in error for error in failed)
    assert len(ended) == len(every) and len(failed) <= len(every) // 4
    assert not list((folder / "spool").glob("*"))


def _events(db: Connection) -> list[events.Event]:
    found: list[events.Event] = []
    while more := events.after(db, SERVICE, found[-1].id if found else 0, 1000):
        found += more
    return found


def _runs(db: Connection) -> list[Run]:
    found: list[Run] = []
    while more := runs.every(db, SERVICE, before=found[-1].id if found else 0, most=500):
        found += more
    return found


def test_processes_that_are_killed_on_one_file_lose_nothing(tmp_path: Path) -> None:
    chance = random.Random(14)
    url = f"sqlite:///{tmp_path / 'watch.db'}"
    with _opened(url) as database:
        numbers = _estate(database, tmp_path)
        with ExitStack() as stack:
            crew = _Crew(url, tmp_path, ("loop", "loop"), stack)
            for _ in range(_KILLS):
                _further(database, numbers, chance.randrange(1, 12))
                crew.kill(chance.randrange(2))
            _quiet(database, numbers)
        _holds(database, tmp_path, numbers)


def test_workers_and_a_service_that_are_killed_at_postgresql_lose_nothing(tmp_path: Path) -> None:
    chance = random.Random(15)
    with postgres() as url, _opened(url) as database:
        numbers = _estate(database, tmp_path)
        with ExitStack() as stack:
            crew = _Crew(url, tmp_path, ("worker", "worker", "loop"), stack)
            for _ in range(_KILLS):
                _further(database, numbers, chance.randrange(1, 12))
                crew.kill(chance.randrange(3))
            _quiet(database, numbers)
        _holds(database, tmp_path, numbers)


def test_a_database_that_goes_away_and_comes_back_loses_nothing(tmp_path: Path) -> None:
    chance = random.Random(16)
    with server() as there:
        url = there.url(there.new())
        with _opened(url) as database:
            numbers = _estate(database, tmp_path)
            with ExitStack() as stack:
                _Crew(url, tmp_path, ("worker", "loop"), stack)
                until(lambda: len(list((tmp_path / "workers").glob("*"))) == 2, "both are at work")
                for _ in range(_STOPS):
                    _further(database, numbers, chance.randrange(4, 30))
                    there.stop(chance.choice((signal.SIGINT, signal.SIGQUIT)))
                    there.start()
                _further(database, numbers, 20)
                _quiet(database, numbers)
            _holds(database, tmp_path, numbers)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
@pytest.mark.parametrize("kinds", [("loop", "loop"), ("worker", "worker")])
def test_a_process_that_hangs_holds_nothing_up_and_does_no_harm_when_it_wakes(
    tmp_path: Path, kinds: tuple[str, str]
) -> None:
    with ExitStack() as stack:
        file = tmp_path / "watch.db"
        url = f"sqlite:///{file}" if kinds[0] == "loop" else stack.enter_context(postgres())
        database = stack.enter_context(_opened(url))
        numbers = _estate(database, tmp_path)
        with ExitStack() as working:
            crew = _Crew(url, tmp_path, kinds, working)
            for at in range(_HANGS):
                (tmp_path / "hang").touch()
                _further(database, numbers, 2 * _COUNT)
                _stopped(crew, at % 2, file)
                (tmp_path / "hang").unlink()
                _quiet(database, numbers)
                crew.send(at % 2, signal.SIGCONT)
            _further(database, numbers, 20)
            _quiet(database, numbers)
        _holds(database, tmp_path, numbers)


def _stopped(crew: _Crew, at: int, file: Path) -> None:
    """Stop a process, but not while it has the file of the database for itself: then nothing goes on but what it does."""

    def is_free() -> bool:
        crew.send(at, signal.SIGSTOP)
        until(lambda: _all_stopped(crew.processes[at].pid), "all threads are stopped")
        if not file.exists():
            return True
        with (
            suppress(sqlite3.OperationalError),
            closing(sqlite3.connect(file, timeout=1.0, isolation_level=None)) as db,
        ):
            db.execute("BEGIN IMMEDIATE")
            db.execute("ROLLBACK")
            return True
        crew.send(at, signal.SIGCONT)
        return False

    until(is_free, "the process is stopped")


def _all_stopped(process: int) -> bool:
    states = (
        path.read_text().rpartition(")")[2].split()[0]
        for path in Path(f"/proc/{process}/task").glob("*/stat")
    )
    return all(state == "T" for state in states)


def test_clocks_that_jump_make_nothing_twice_and_nothing_late(store: Database, tmp_path: Path) -> None:
    """Two loops at one database, each with a clock of its own that goes wrong again and again."""
    chance = random.Random(17)
    numbers = [environment(store, f"s{at}") for at in range(_COUNT)]
    inside: set[int] = set()
    twice: list[int] = []
    lock = threading.Lock()
    away = [0, 0]

    def watched(
        one: Environment,
        settings: Settings,
        progress: Callable[[str], None],
        cancelled: Callable[[], bool],
        owned: Owned,
    ) -> Assessed:
        with lock:
            twice.extend({one.id} & inside)
            inside.add(one.id)
        progress("works")
        with lock:
            inside.discard(one.id)
        return FOUND

    def clock(at: int) -> Callable[[Connection], int]:
        return lambda db: 1_795_770_000_000 + away[at]

    def assessed() -> int:
        with store.read() as db:
            return sum(one.what is Happening.RUN_DONE for one in _events(db))

    with ExitStack() as stack:
        for at in range(2):
            loop = Loop(Watch(store, Settings(folder=tmp_path)), watched, clock(at), TERM, 0.01)
            loop.start()
            stack.callback(loop.stop, 60.0)
        for _ in range(_JUMPS):
            before = assessed()
            away[chance.randrange(2)] += chance.choice((-30, -1, 1, 30)) * DAY
            with store.begin() as db:
                runs.queue(db, chance.choice(numbers), Why.DEMAND, "ann", 5)
            until(lambda before=before: assessed() > before, "assessments go on")  # type: ignore[misc]
        away[:] = [0, 0]
        until(lambda: _near(store, 1_795_770_000_000), "every due time is near again")
    assert not twice


def _near(store: Database, now: int) -> bool:
    with store.read() as db:
        every = environments.every(db, SERVICE, Role.VIEWER)
    return all(one.due is not None and one.due <= now + 3_600_000 for one in every)

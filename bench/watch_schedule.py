"""What the schedule of `batten watch` costs: `python bench/watch_schedule.py [--postgres] [--sizes 1000,3000,10000] [--seconds 60]
[--workers 1,2,3]`.

Environments that are due once an hour are assessed by real processes at a real database; what is assessed is a stand-in that finds
one thing and costs nothing. Three questions: how long after its due time does an assessment begin (99th of a hundred, wanted: under
60 s); does the cost of one grow with the number of environments; and what does another process bring and cost where ten thousand are
due at once. Costs are processor time (user and system) of the processes and of the database, so that they hold on a busy machine.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

sys.path += [str(Path(__file__).parents[1] / "tests"), str(Path(__file__).parents[1] / "tests/watch")]

from sqlalchemy import func, select

from batten.model.record import record
from batten.watch.model import HOUR, SERVICE, Environment, RunState, Source
from batten.watch.schedule.due import due_after
from batten.watch.schedule.local import Loop
from batten.watch.settings import Settings, Watch
from batten.watch.store import environments, teams
from batten.watch.store.clock import now
from batten.watch.store.database import Database, open_database
from batten.watch.store.schema import prepare
from batten.watch.store.tables import event, run
from watch_fleet import at_once

SLOTS = 4  # assessments at a time in a process


@record(kw_only=True)
class Cost:
    """Runs that ended, the milliseconds from due to begun, wall clock and processor seconds."""

    runs: int
    lags: list[int]
    wall: float
    workers: float
    database: float
    sizes: str

    @property
    def each(self) -> float:
        """Processor milliseconds of one run."""
        return (self.workers + self.database) * 1000 / max(1, self.runs)


def main() -> None:
    given = _given()
    for size in given.sizes:
        with _place(given.postgres) as place:
            _add(place.database, size, settled=True)
            cost = _worked(place, given.kind, 1 + given.postgres, given.seconds, until_empty=False)
        lag = cost.lags[len(cost.lags) * 99 // 100] / 1000 if cost.lags else float("nan")
        print(
            f"{size:6d} environments hourly: {cost.runs} runs in {cost.wall:.0f} s, lag p99 {lag:.1f} s, {_share(cost)}",
            flush=True,
        )
    for workers in given.workers:
        with _place(given.postgres) as place:
            _add(place.database, given.burst, settled=False)
            cost = _worked(place, given.kind, workers, 3_600, until_empty=True)
        print(
            f"{workers} processes, {given.burst} due at once: {cost.wall:.0f} s, {cost.runs / cost.wall:.0f} runs a second, "
            f"{_share(cost)}",
            flush=True,
        )


def _share(cost: Cost) -> str:
    each = 1000 / max(1, cost.runs)
    parts = f"workers {cost.workers * each:.1f}, database {cost.database * each:.1f}"
    return f"{cost.each:.1f} ms of processor a run ({parts}){cost.sizes}"


def _given() -> argparse.Namespace:
    options = argparse.ArgumentParser()
    options.add_argument("--postgres", action="store_true")
    options.add_argument("--sizes", default="")
    options.add_argument("--seconds", type=float, default=60.0)
    options.add_argument("--workers", default="")
    options.add_argument("--burst", type=int, default=0)
    given = options.parse_args()
    given.kind = "worker" if given.postgres else "loop"
    sizes = given.sizes or ("1000,3000,10000" if given.postgres else "100,300,1000")
    given.sizes = [int(one) for one in sizes.split(",")]
    given.workers = [int(one) for one in (given.workers or ("1,2,3" if given.postgres else "1,2")).split(",")]
    given.burst = given.burst or (10_000 if given.postgres else 1_000)
    return given


@record(kw_only=True)
class Place:
    """A database for one measurement; `server` is PostgreSQL's process, 0 for SQLite."""

    url: str
    folder: Path
    database: Database
    server: int


@contextmanager
def _place(postgres: bool) -> Iterator[Place]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="batten-bench-")))
        url, process = f"sqlite:///{folder / 'watch.db'}", 0
        if postgres:
            from watch_postgres import server

            there = stack.enter_context(server("shared_buffers=256MB"))
            url = there.url(there.new())
            process = int((there.folder / "data" / "postmaster.pid").read_text().split()[0])
        database = open_database(url)
        stack.callback(database.close)
        prepare(database)
        yield Place(url=url, folder=folder, database=database, server=process)


def _add(database: Database, count: int, settled: bool) -> None:
    """Environments; `settled` ones were assessed just now, the others are due at once."""
    with database.begin() as db:
        team, at = teams.named(db, "shop"), now(db)
        one = Environment(team=team, service="", stage="prod", source=Source.LIVE, schedule="1h", created=at)
        for number in range(count):
            environments.add(db, replace(one, service=f"s{number}", assessed=at if settled else None))


def _worked(place: Place, kind: str, count: int, seconds: float, *, until_empty: bool) -> Cost:
    """What so many processes do in that time, or until nothing waits; their start is not counted."""
    words = [sys.executable, __file__, "--process", kind, place.url, str(place.folder)]
    processes = [subprocess.Popen(words, stderr=subprocess.DEVNULL) for _ in range(count)]
    while len(list((place.folder / "workers").glob("*"))) < count:
        time.sleep(0.05)
    numbers = [one.pid for one in processes]
    with place.database.read() as db:
        since, ended = now(db), _ended(place.database)
    began, workers, database = time.monotonic(), _used(numbers), _of_server(place.server)
    while time.monotonic() - began < seconds and not (until_empty and _is_empty(place.database)):
        time.sleep(0.5)
    wall, workers, database = (
        time.monotonic() - began,
        _used(numbers) - workers,
        _of_server(place.server) - database,
    )
    done, sizes = _ended(place.database) - ended, _sizes(place.database)
    for one in processes:
        one.send_signal(signal.SIGTERM)
    for one in processes:
        one.wait()
    return Cost(
        runs=done,
        lags=_lags(place.database, since),
        wall=wall,
        workers=workers,
        database=database,
        sizes=sizes,
    )


def _is_empty(database: Database) -> bool:
    """Whether every environment was assessed, and nothing waits."""
    with database.read() as db:
        rows = db.execute(select(run.c.state, func.count().label("count")).group_by(run.c.state))
        states = {row.state: int(row[1]) for row in rows}
        known = len(environments.every(db, SERVICE))
    return set(states) == {RunState.DONE.value} and states[RunState.DONE.value] >= known


def _lags(database: Database, since: int) -> list[int]:
    """From the due time of each run, which its environment's number decides, to when it began; of those due since a time."""
    with database.read() as db:
        known = {one.id: one for one in environments.every(db, SERVICE)}
        rows = list(
            db.execute(select(run.c.environment, run.c.queued, run.c.started).where(run.c.state == "done"))
        )
    dues = [(row, (due_after(known[row.environment], row.queued) or 0) - HOUR) for row in rows]
    return sorted(row.started - due for row, due in dues if due >= since)


def _ended(database: Database) -> int:
    with database.read() as db:
        done = select(func.count()).where(run.c.state == RunState.DONE.value)
        return db.execute(done).scalar() or 0


def _sizes(database: Database) -> str:
    """What a run takes in the database, and how many connections are open."""
    if not database.fleet:
        return ""
    names = "run", "event", "procrastinate_jobs"
    with database.read() as db:
        takes = [
            db.exec_driver_sql(f"SELECT pg_total_relation_size('{name}')").scalar() or 0 for name in names
        ]
        events = db.execute(select(func.count()).select_from(event)).scalar() or 0
        count = db.exec_driver_sql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        ).scalar()
    ended = max(1, _ended(database))
    return (
        f"; {takes[0] / ended:.0f} B of a run, {events / ended:.1f} events of {takes[1] / max(1, events):.0f} B each, "
        f"{takes[2] / 2**20:.1f} MiB of jobs, {count} connections"
    )


def _used(numbers: Iterable[int], children: bool = False) -> float:
    """The processor seconds of processes, with those of their children that have ended."""
    ticks = 0
    for number in numbers:
        try:
            fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(int(field) for field in fields[11 : 15 if children else 13])
    return ticks / os.sysconf("SC_CLK_TCK")


def _of_server(process: int) -> float:
    """The processor seconds of PostgreSQL; 0 for SQLite."""
    if not process:
        return 0.0
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return _used([process], children=True) + _used(map(int, children))


def _process(kind: str, url: str, folder: str) -> None:
    watch = Watch(open_database(url), Settings(folder=Path(folder), workers=SLOTS))
    if kind == "worker":
        from batten.watch.schedule.fleet import work

        work(watch, 10, at_once)
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    loop = Loop(watch, at_once)
    loop.start()
    signal.sigwait({signal.SIGTERM})
    loop.stop(10)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--process"]:
        _process(*sys.argv[2:])
    else:
        main()

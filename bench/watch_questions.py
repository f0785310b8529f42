"""What the questions of `batten watch` cost on a year of history: `python bench/watch_questions.py [--postgres] [--findings N]
[--environments N] [--times N] [--plans]`.

A database is filled with findings (a million), each with the times in which it was open, runs, intervals and events; then every question
is asked many times with other arguments, by a caller who sees everything and by one who sees a team. Wall clock and, in this process,
processor time, in milliseconds; 200 is what is wanted of the 95th of a hundred. Then what the tables take, by environment and month.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event, text

sys.path += [str(Path(__file__).parents[1] / "tests"), str(Path(__file__).parents[1] / "tests/watch")]

from watch_history import DAYS, NOW, fill

from batten.model import Severity
from batten.watch.model import DAY, SERVICE, Caller, Grant, LifeState, Role
from batten.watch.store.database import Database, in_folder, open_database
from batten.watch.store.questions import (
    changes,
    compare,
    findings,
    gaps,
    heat,
    one_environment,
    one_finding,
    today,
    trends,
)
from batten.watch.store.questions.filters import EVERY, Filter
from batten.watch.store.tables import metadata

TEAM = Caller(name="team", grants=(Grant(Role.VIEWER, team=7),))
Question = Callable[[Connection, Caller], Any]


def questions(chance: random.Random, many: int, environments: int) -> dict[str, Callable[[], Question]]:
    """By name, what makes a question with new arguments."""

    def some() -> int:
        return chance.randrange(environments) + 1

    def run(environment: int, far: bool) -> tuple[int, int]:
        turns = sorted(chance.sample(range(1000), 2)) if far else [1050, 1054]
        return tuple(turn * environments + environment for turn in turns)  # type: ignore[return-value]

    def listed(which: Filter, sort: findings.Sort = findings.Sort.SEVERITY, pages: int = 1) -> Question:
        def ask(db: Connection, caller: Caller) -> Any:
            page = findings.findings(db, caller, which, now=NOW, sort=sort)
            for _ in range(pages - 1):
                page = findings.findings(db, caller, which, now=NOW, sort=sort, cursor=page.next)
            return page

        return ask

    def compared(far: bool) -> Question:
        left, right = run(some(), far)
        return lambda db, caller: compare.of_runs(db, caller, left, right)

    def stages() -> Question:
        prod = chance.randrange(environments // 3) * 3 + 3
        return lambda db, caller: compare.environments(db, caller, prod - 1, prod)

    def pick(function: Callable[..., Any], number: int) -> Question:
        return lambda db, caller: function(db, caller, number, now=NOW)

    stage = Filter(stage="prod")
    fixed = frozenset([LifeState.FIXED])
    return {
        "today.first": lambda: lambda db, c: today.first(db, c, now=NOW),
        "today.first, production": lambda: lambda db, c: today.first(db, c, stage, now=NOW),
        "today.first, one environment": lambda: (lambda w: lambda db, c: today.first(db, c, w, now=NOW))(
            Filter(environment=some())
        ),
        "changes of a day": lambda: lambda db, c: changes.changes(db, c, since=NOW - DAY, now=NOW),
        "changes of a month": lambda: lambda db, c: changes.changes(db, c, since=NOW - 31 * DAY, now=NOW),
        "gaps": lambda: lambda db, c: gaps.gaps(db, c, now=NOW),
        "heat": lambda: lambda db, c: heat.heat(db, c, now=NOW),
        "heat, last rows": lambda: lambda db, c: heat.heat(db, c, now=NOW, after=environments - 100),
        "one environment": lambda: pick(one_environment.one, some()),
        "one finding": lambda: pick(one_finding.one, chance.randrange(many) + 1),
        "findings": lambda: listed(Filter()),
        "findings, fourth page": lambda: listed(Filter(), pages=4),
        "findings, newest": lambda: listed(Filter(), findings.Sort.NEWEST),
        "findings, by place": lambda: listed(Filter(), findings.Sort.PLACE),
        "findings, by control": lambda: listed(Filter(), findings.Sort.CONTROL),
        "findings, fixed": lambda: listed(Filter(states=fixed), findings.Sort.NEWEST),
        "findings, all states": lambda: listed(Filter(states=EVERY)),
        "findings, critical in production": lambda: listed(Filter(stage="prod", severity=Severity.CRITICAL)),
        "findings, a family": lambda: listed(Filter(family="transport")),
        "findings, one environment": lambda: listed(Filter(environment=some())),
        "findings, text of many": lambda: listed(Filter(text="nginx-5")),
        "findings, text of few": lambda: listed(
            Filter(text=f"listener-{chance.randrange(97)}` does not do what t")
        ),
        "findings, text of none": lambda: listed(Filter(text="no such thing")),
        "findings, waived": lambda: listed(Filter(waived=True)),
        "compare stages": stages,
        "compare runs, near": lambda: compared(False),
        "compare runs, far apart": lambda: compared(True),
        "trends of 90 days": lambda: lambda db, c: trends.trends(db, c, now=NOW, days=90),
        "trends of a year": lambda: lambda db, c: trends.trends(db, c, now=NOW, days=366),
    }


def measure(
    database: Database, ask: Callable[[], Question], caller: Caller, times: int
) -> tuple[list[float], list[float]]:
    wall, work = [], []
    for turn in range(times + 1):
        question = ask()
        with database.read() as db:
            started, busy = time.perf_counter(), time.process_time()
            question(db, caller)
            if turn:  # the first one compiles statements
                wall.append((time.perf_counter() - started) * 1000)
                work.append((time.process_time() - busy) * 1000)
    return sorted(wall), sorted(work)


@contextmanager
def opened(postgres: bool, folder: Path) -> Iterator[Database]:
    if not postgres:
        database = in_folder(folder)
        yield database
        database.close()
        return
    from watch_postgres import server

    with server("shared_buffers=512MB", "synchronous_commit=off", "jit=off") as there:
        database = open_database(there.url(there.new()))
        yield database
        database.close()


def sizes(database: Database, environments: int) -> Iterator[str]:
    """What the tables and their indexes take."""
    with database.read() as db:
        if database.fleet:
            asked = "SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        else:
            asked = "SELECT m.tbl_name, SUM(s.pgsize) FROM dbstat s JOIN sqlite_master m ON m.name = s.name GROUP BY 1"
        try:
            found = {name: int(size) for name, size in db.execute(text(asked))}
        except Exception:
            found = {"all": int(db.exec_driver_sql("PRAGMA page_count").scalar() or 0) * 4096}
    for name, size in sorted(found.items(), key=lambda item: -item[1])[:8]:
        yield f"{name}: {size / 1e6:,.0f} MB"
    yield f"in all {sum(found.values()) / 1e6:,.0f} MB, {sum(found.values()) / 1e6 / environments / (DAYS / 30):.2f} MB an environment and month"


def show_plans(database: Database, asked: dict[str, Callable[[], Question]]) -> None:
    """Print the plans of every statement of every question."""
    explain = "EXPLAIN " if database.fleet else "EXPLAIN QUERY PLAN "
    for name, ask in asked.items():
        print(f"\n## {name}")
        with database.read() as db:
            statements: list[tuple[str, Any]] = []

            def note(
                conn: Any, cursor: Any, statement: str, parameters: Any, *_: Any, kept: list[Any] = statements
            ) -> None:
                kept.append((statement, parameters))

            event.listen(database.engine, "before_cursor_execute", note)
            ask()(db, SERVICE)
            event.remove(database.engine, "before_cursor_execute", note)
            for statement, parameters in statements:
                started = time.perf_counter()
                db.exec_driver_sql(statement, parameters).all()
                took = (time.perf_counter() - started) * 1000
                print(f"-- {took:.1f} ms: {' '.join(statement.split())[:1500]}")
                for row in db.exec_driver_sql(explain + statement, parameters):
                    print("   ", row[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--findings", type=int, default=1_000_000)
    parser.add_argument("--environments", type=int, default=399)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--folder", type=Path, help="Where the SQLite file is kept, and used again.")
    parser.add_argument("--plans", action="store_true")
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as scratch,
        opened(given.postgres, given.folder or Path(scratch)) as database,
    ):
        with database.begin() as db:
            metadata.create_all(db)
            empty = db.execute(text("SELECT count(*) FROM environment")).scalar() == 0
        if empty:
            started = time.perf_counter()
            counts = fill(database, given.findings, given.environments)
            print(
                ", ".join(f"{name} {count:,}" for name, count in counts.items()),
                f"in {time.perf_counter() - started:.0f} s",
            )
        chance = random.Random(3)
        every = questions(chance, given.findings, given.environments)
        asked = {name: ask for name, ask in every.items() if given.only in name}
        if given.plans:
            show_plans(database, asked)
            return
        print("| question | sees | p50 | p95 | processor, p50 |\n|---|---|---|---|---|")
        for name, ask in asked.items():
            for caller in (SERVICE, TEAM):
                wall, work = measure(database, ask, caller, given.times)
                seen = "all" if caller is SERVICE else "a team"
                p95 = wall[min(len(wall) - 1, int(len(wall) * 0.95))]
                print(
                    f"| {name} | {seen} | {wall[len(wall) // 2]:.1f} | {p95:.1f} | {work[len(work) // 2]:.1f} |",
                    flush=True,
                )
        print("\n".join(sizes(database, given.environments)))


if __name__ == "__main__":
    main()

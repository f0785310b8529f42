"""What moving, backing up and restoring a service's database costs: `python bench/watch_move.py [--findings N]`.

A database is filled as for bench/watch_questions.py, moved from SQLite to PostgreSQL and back, backed up and restored. Processor time of
this process and wall clock, in seconds, and sizes in MB.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path += [str(Path(__file__).parents[1] / "tests"), str(Path(__file__).parents[1] / "tests/watch")]

from watch_history import fill

from batten.files.private import new_private_file, read_private_file
from batten.watch.store.backup import write
from batten.watch.store.copying import Copied
from batten.watch.store.database import Database, in_folder, open_database
from batten.watch.store.move import move
from batten.watch.store.restore import restore
from batten.watch.store.schema import prepare
from watch_postgres import server

rows: list[int] = []


def count(copied: Copied) -> None:
    rows.append(copied.rows)


@contextmanager
def timed(what: str) -> Iterator[None]:
    rows.clear()
    wall, processor = time.perf_counter(), time.process_time()
    yield
    took = time.process_time() - processor
    print(
        f"{what:<28} {sum(rows):>10,} rows  {took:7.1f} s processor  {time.perf_counter() - wall:7.1f} s",
        flush=True,
    )


def size(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:,.0f} MB"


def full(folder: Path, findings: int, environments: int) -> Database:
    database = in_folder(folder / "full")
    prepare(database)
    fill(database, findings=findings, environments=environments)
    return database


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--findings", type=int, default=1_000_000)
    parser.add_argument("--environments", type=int, default=400)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, server() as there:
        folder = Path(name)
        source = full(folder, given.findings, given.environments)
        print(f"SQLite: {size(folder / 'full' / 'watch.db')}")
        fleet, back, restored = (
            open_database(there.url(there.new())),
            in_folder(folder / "back"),
            in_folder(folder / "new"),
        )
        with timed("SQLite to PostgreSQL"):
            move(source, fleet, count)
        with timed("PostgreSQL to SQLite"):
            move(fleet, back, count)
        with timed("backup of SQLite"), new_private_file(folder / "backup.gz") as file:
            write(source, file, count)
        print(f"backup: {size(folder / 'backup.gz')}")
        with timed("backup of PostgreSQL"), new_private_file(folder / "fleet.gz") as file:
            write(fleet, file, count)
        with timed("restore into SQLite"), read_private_file(folder / "backup.gz") as (file, length):
            restore(file, length, restored, count)
        for database in (source, fleet, back, restored):
            database.close()


if __name__ == "__main__":
    main()

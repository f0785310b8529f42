"""A program that fills the file system of a folder, for a test that gives it a small one: `python watch_full_disk.py FOLDER`.

It writes runs until the disk is full, looks at what is there, makes room, and goes on; it says what it saw as JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))  # it is run as a program

from sqlalchemy.exc import DBAPIError

from batten.watch.model import SERVICE, RunState
from batten.watch.store import audit, runs
from batten.watch.store.database import Database, in_folder, unavailable
from batten.watch.store.schema import prepare
from watch_stores import environment
from watch_writer import once


def until_full(database: Database, number: int) -> tuple[list[int], str]:
    """The runs that were confirmed, and what was said when the disk was full."""
    written: list[int] = []
    while True:
        try:
            written.append(once(database, "w", number))
        except DBAPIError as error:
            return written, unavailable(error)


def whole(database: Database, written: list[int]) -> bool:
    """Whether all confirmed runs are there, and everything follows."""
    with database.read() as db:
        done = {one.id for one in runs.every(db, SERVICE, states=[RunState.DONE], most=1_000_000)}
        checked = db.exec_driver_sql("PRAGMA integrity_check").scalar()
        return set(written) <= done and checked == "ok" and audit.verify(db) is None


def main(folder: Path) -> None:
    database = in_folder(folder / "data")
    prepare(database)
    number = environment(database)
    for part in range(4):
        (folder / f"ballast{part}").write_bytes(b"x" * 256_000)
    seen = []
    written: list[int] = []
    for part in range(4):
        more, said = until_full(database, number)
        written += more
        seen.append({"written": len(more), "said": said, "whole": whole(database, written)})
        (folder / f"ballast{part}").unlink()
    again = in_folder(folder / "data")
    prepare(again)
    once(again, "w", number)
    print(json.dumps({"seen": seen, "after": whole(again, written)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

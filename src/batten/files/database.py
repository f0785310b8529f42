"""SQLite files: our own, opened where they stand; a stranger's, read from a copy in memory within bounds."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

_STEPS = 10_000  # of SQLite's machine between two looks
_MOST_LOOKS = 20_000  # two hundred million steps: seconds, for a file made to take for ever


@contextmanager
def own_database(path: Path, seconds: float = 30.0) -> Iterator[sqlite3.Connection]:
    """A connection to a file of this user's, made for this user's eyes if it is not there. Raises sqlite3.Error and OSError."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    os.close(os.open(path, flags, 0o600))
    with closing(sqlite3.connect(path, timeout=seconds, isolation_level=None)) as db:
        db.execute("PRAGMA trusted_schema=OFF")
        yield db


@contextmanager
def foreign_database(data: bytes, tables: tuple[str, ...]) -> Iterator[sqlite3.Connection]:
    """A stranger's database, in memory: nothing is written where it came from. Raises sqlite3.Error, also when one of the
    tables is something else (a view may compute for ever)."""
    if not data.startswith(b"SQLite format 3\0") or len(data) < 512:
        raise sqlite3.DatabaseError("it is not an SQLite database")
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        # Bytes 18 and 19 say whether a journal stands beside the file (2); in memory there is none.
        db.deserialize(data[:18] + b"\x01\x01" + data[20:] if data[18:20] == b"\x02\x02" else data)
        db.execute("PRAGMA trusted_schema=OFF")
        db.execute("PRAGMA query_only=ON")
        looks = iter(range(_MOST_LOOKS))
        db.set_progress_handler(lambda: next(looks, -1) == -1, _STEPS)
        for table in tables:
            row = db.execute(
                "SELECT type, upper(sql) NOT LIKE 'CREATE VIRTUAL%' FROM sqlite_master WHERE name = ?",
                (table,),
            ).fetchone()
            if row != ("table", 1):
                raise sqlite3.DatabaseError(f"it has no table `{table}`")
        yield db

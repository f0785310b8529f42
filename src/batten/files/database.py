"""SQLite files: our own, opened where they stand; a stranger's, read from a copy in memory within bounds."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

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
def kept_database(path: Path, tables: tuple[str, ...]) -> Iterator[sqlite3.Connection]:
    """A database that another run or another machine made, read where it stands. Raises sqlite3.Error, also when one of the
    tables is something else, and OSError."""
    os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC))
    address = f"file:{quote(os.path.abspath(path))}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)) as db:
        _guarded(db, tables)
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
        _guarded(db, tables)
        yield db


def _guarded(db: sqlite3.Connection, tables: tuple[str, ...]) -> None:
    """Bound what a query may take, write nothing, and hold that these are tables."""
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

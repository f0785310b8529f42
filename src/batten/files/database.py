"""SQLite files: our own, opened where they stand; those of others, read within bounds.

What a stranger's database may do to its reader: compute for ever, make gigabytes of a few bytes (generated columns, views), run
what its schema names (triggers, virtual tables, functions), or damage the reader's memory where its pages are made for that. So
only tables of a known schema are read, within SQLite's own limits, and `formats/databases.py` reads them in a process of its own.
Sources: https://sqlite.org/security.html, https://sqlite.org/limits.html, https://sqlite.org/c3ref/c_dbconfig_defensive.html.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

_STEPS = 10_000  # of SQLite's machine between two looks
_MOST_LOOKS = 20_000  # two hundred million steps: seconds, for a file made to take for ever
LONGEST = 16 << 20  # bytes of a value or row
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: LONGEST,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 100_000,
    sqlite3.SQLITE_LIMIT_COLUMN: 100,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 10,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 3,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 25_000,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 8,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 50,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 1,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
# Python 3.12 and newer: `sqlite3.Connection.setconfig`. On older ones the pragmas and the checks below say the same.
_CONFIGURED = (
    ("SQLITE_DBCONFIG_DEFENSIVE", True),
    ("SQLITE_DBCONFIG_TRUSTED_SCHEMA", False),
    ("SQLITE_DBCONFIG_ENABLE_TRIGGER", False),
    ("SQLITE_DBCONFIG_ENABLE_VIEW", False),
    ("SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION", False),
    ("SQLITE_DBCONFIG_DQS_DML", False),
    ("SQLITE_DBCONFIG_WRITABLE_SCHEMA", False),
)
_PRAGMAS = ("trusted_schema=OFF", "query_only=ON", "cell_size_check=ON", "mmap_size=0", "temp_store=MEMORY")
_GENERATED = (2, 3)  # of the column `hidden` of PRAGMA table_xinfo: virtual and stored


@contextmanager
def own_database(path: Path, seconds: float = 30.0) -> Iterator[sqlite3.Connection]:
    """A connection to a file of this user's, made for this user's eyes if it is not there. Raises sqlite3.Error and OSError."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    os.close(os.open(path, flags, 0o600))
    with closing(sqlite3.connect(path, timeout=seconds, isolation_level=None)) as db:
        db.execute("PRAGMA trusted_schema=OFF")
        yield db


@contextmanager
def kept_database(path: Path, tables: Mapping[str, tuple[str, ...]]) -> Iterator[sqlite3.Connection]:
    """A database that another run or another machine made, read where it stands: `tables` are those that are read, with their
    columns. Raises sqlite3.Error, also when one of the tables is something else, and OSError."""
    os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC))
    address = f"file:{quote(os.path.abspath(path))}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)) as db:
        _guarded(db, tables)
        yield db


@contextmanager
def foreign_database(data: bytes, tables: Mapping[str, tuple[str, ...]]) -> Iterator[sqlite3.Connection]:
    """A stranger's database, in memory: nothing is written where it came from. Called in a child alone (`formats/databases.py`).
    Raises sqlite3.Error, also when one of the tables is something else."""
    if not data.startswith(b"SQLite format 3\0") or len(data) < 512:
        raise sqlite3.DatabaseError("it is not an SQLite database")
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        # Bytes 18 and 19 say whether a journal stands beside the file (2); in memory there is none.
        db.deserialize(data[:18] + b"\x01\x01" + data[20:] if data[18:20] == b"\x02\x02" else data)
        _guarded(db, tables)
        yield db


def _guarded(db: sqlite3.Connection, tables: Mapping[str, tuple[str, ...]]) -> None:
    """Bound what a query may take, write nothing, and hold that these are tables with these columns, none of them computed."""
    for limit, value in _LIMITS.items():
        db.setlimit(limit, value)
    if (configure := getattr(db, "setconfig", None)) is not None:
        for name, on in _CONFIGURED:
            configure(getattr(sqlite3, name), on)
    looks = iter(range(_MOST_LOOKS))
    db.set_progress_handler(lambda: next(looks, -1) == -1, _STEPS)
    for pragma in _PRAGMAS:
        db.execute(f"PRAGMA {pragma}")
    for table, columns in tables.items():
        # SQLite itself writes the first words, in this way; those of a virtual table are others, and a view is no table.
        row = db.execute(
            "SELECT count(*), max(type = 'table' AND substr(sql, 1, 13) = 'CREATE TABLE ') FROM sqlite_master WHERE name = ?",
            (table,),
        ).fetchone()
        if row != (1, 1):
            raise sqlite3.DatabaseError(f"it has no table `{table}`")
        found = {row[1]: row[6] for row in db.execute(f"PRAGMA table_xinfo({table})")}
        for column in columns:
            if column not in found:
                raise sqlite3.DatabaseError(f"its table `{table}` has no column `{column}`")
        if any(hidden in _GENERATED for hidden in found.values()):
            raise sqlite3.DatabaseError(f"its table `{table}` has a generated column")

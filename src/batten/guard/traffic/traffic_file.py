"""The file that guards keep what they saw in: SQLite, for several processes write to it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from batten.files import Refused
from batten.files.database import own_database
from batten.files.named import make_folders, read_named
from batten.formats.databases import BadDatabase, Table, rows_of
from batten.guard.traffic.shapes import Shape, from_plain, merged, to_plain
from batten.model.record import record

MOST_ROWS = 10_000  # of the file, whatever callers ask for
_SCHEMA = """
CREATE TABLE IF NOT EXISTS seen (
  rule TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, status INTEGER NOT NULL, reason TEXT NOT NULL,
  enforced INTEGER NOT NULL, times INTEGER NOT NULL, first TEXT NOT NULL, last TEXT NOT NULL,
  PRIMARY KEY (rule, method, path, status, reason, enforced)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS shape (
  method TEXT NOT NULL, path TEXT NOT NULL, part TEXT NOT NULL, media_type TEXT NOT NULL, shape TEXT NOT NULL,
  PRIMARY KEY (method, path, part, media_type)) WITHOUT ROWID;
"""
_ADD = """
INSERT INTO seen VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET times = times + excluded.times, first = min(first, excluded.first),
  last = max(last, excluded.last)
"""

_SEEN = Table(
    name="seen",
    columns=("rule", "method", "path", "status", "reason", "enforced", "times", "first", "last"),
)
_SHAPES = Table(name="shape", columns=("method", "path", "part", "media_type", "shape"))

_Values = tuple[str, str, str, int, str, int, int, str, str]
Key = tuple[str, str, str, int, str, bool]


class TrafficProblem(Exception):
    """The file cannot be used; the sentence says why."""


@record
class TrafficRow:
    """`rule` is a Rule's value; `first` and `last` are days (ISO, UTC)."""

    rule: str
    method: str
    path: str
    status: int
    reason: str
    enforced: bool
    times: int
    first: str
    last: str


@record
class Learnt:
    """The shape of one part of an operation's exchanges: "query", "request", or the answers of a status."""

    method: str
    path: str
    part: str
    media_type: str
    shape: Shape


def write(path: Path, rows: Iterable[TrafficRow], shapes: Mapping[tuple[str, ...], Shape]) -> None:
    """Add to what is there. Raises TrafficProblem."""
    with _opened(path) as db:
        db.execute("BEGIN IMMEDIATE")
        room = MOST_ROWS - int(db.execute("SELECT count(*) FROM seen").fetchone()[0])
        for row in rows:
            key = (row.rule, row.method, row.path, row.status, row.reason, int(row.enforced))
            known = db.execute(
                "SELECT 1 FROM seen WHERE (rule, method, path, status, reason, enforced) = (?, ?, ?, ?, ?, ?)",
                key,
            ).fetchone()
            if known is None and room <= 0:
                key = (row.rule, "(others)", "(others)", 0, "", int(row.enforced))
            room -= known is None
            db.execute(_ADD, (*key, row.times, row.first, row.last))
        _write_shapes(db, shapes)
        db.execute("COMMIT")


def _write_shapes(db: sqlite3.Connection, shapes: Mapping[tuple[str, ...], Shape]) -> None:
    room = MOST_ROWS - int(db.execute("SELECT count(*) FROM shape").fetchone()[0])
    for key, shape in shapes.items():
        known = db.execute(
            "SELECT shape FROM shape WHERE (method, path, part, media_type) = (?, ?, ?, ?)", key
        ).fetchone()
        if known is not None:
            shape = merged(_shape(known[0]), shape)
        elif room <= 0:
            continue
        room -= known is None
        db.execute("INSERT OR REPLACE INTO shape VALUES (?, ?, ?, ?, ?)", (*key, json.dumps(to_plain(shape))))


def read(path: Path) -> tuple[list[TrafficRow], list[Learnt]]:
    """Everything that is there, the most frequent first, from a copy in memory. Raises TrafficProblem."""
    try:
        seen, shapes = rows_of(read_named(path), _SEEN, _SHAPES)
        rows = sorted(
            (msgspec.convert(row, _Values) for row in seen),
            key=lambda row: (-row[6], row[0], row[2], row[1], row[3]),
        )
        learnt = sorted(
            (msgspec.convert(row, tuple[str, str, str, str, str]) for row in shapes),
            key=lambda row: (row[1], row[0]),
        )
        return (
            [
                TrafficRow(row[0], row[1], row[2], row[3], row[4], bool(row[5]), row[6], row[7], row[8])
                for row in rows
            ],
            [Learnt(*row[:4], _shape(row[4])) for row in learnt],
        )
    except FileNotFoundError as error:
        raise TrafficProblem(
            f"{path}: the file does not exist; run a guard with --traffic {path.name} (in Python "
            f"traffic={path.name!r}), and send requests through it"
        ) from error
    except (BadDatabase, sqlite3.Error, msgspec.ValidationError, OSError, Refused) as error:
        raise TrafficProblem(f"{path}: {error}; move it away to start a new file") from error


def _shape(text: str) -> Shape:
    try:
        return from_plain(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise sqlite3.DatabaseError("it holds a shape that cannot be read") from error


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        make_folders(path.parent)
        with own_database(path, 10) as db:
            # What was committed stands in the file itself, where a reader of the file alone finds it.
            db.execute("PRAGMA journal_mode=DELETE")
            db.executescript(_SCHEMA)
            yield db
    except (sqlite3.Error, OSError) as error:
        raise TrafficProblem(f"{path}: {error}; move it away to start a new file") from error

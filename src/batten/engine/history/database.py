"""The file of a history: where it is, its tables, and how names of files are kept in it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from batten.files import NoState, Root, state_of
from batten.files.database import own_database

NAME = "history.db"
VARIABLE = "BATTEN_HISTORY"
VERSION = 3
SCHEMA = """
CREATE TABLE IF NOT EXISTS run (
  id INTEGER PRIMARY KEY, command TEXT NOT NULL, started TEXT NOT NULL, version TEXT NOT NULL,
  targets TEXT NOT NULL, problems INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS life (
  id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL, control TEXT NOT NULL, severity INTEGER NOT NULL,
  message TEXT NOT NULL, source TEXT NOT NULL, pointer TEXT NOT NULL, line INTEGER NOT NULL,
  environment TEXT NOT NULL, opened INTEGER NOT NULL REFERENCES run, closed INTEGER REFERENCES run,
  regressed INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS life_open ON life (closed, fingerprint);
"""
# Version 1 had no identity but a digest of an English sentence; `kin` is "" for what it noted and no run has found since.
IDENTITY = """
ALTER TABLE life ADD COLUMN kin TEXT NOT NULL DEFAULT '';
ALTER TABLE life ADD COLUMN "case" TEXT NOT NULL DEFAULT '';
CREATE INDEX IF NOT EXISTS life_fingerprint ON life (fingerprint);
"""
# What a run's report counted (engine/trend.py); "" for runs of former versions, and for those over a part of the tree.
TALLY = "ALTER TABLE run ADD COLUMN tally TEXT NOT NULL DEFAULT ''"


class HistoryProblem(Exception):
    """The history cannot be used; the sentence says why."""


def history_path(root: Root, named: Path | None = None) -> Path:
    """Where the history of a root is kept: the file that --history or BATTEN_HISTORY names, else this user's state.

    Raises HistoryProblem, also for a file in the checkout: what lies there is a stranger's.
    """
    chosen = named or Path(os.environ[VARIABLE]) if named or os.environ.get(VARIABLE) else None
    if chosen is None:
        try:
            return state_of(root.path).place / NAME
        except NoState as error:
            raise HistoryProblem(
                f"{error}; or name a file with --history, or run with --no-history"
            ) from error
    real = os.path.realpath(chosen)
    if real == root.path or real.startswith(root.path.rstrip("/") + "/"):
        raise HistoryProblem(
            f"{chosen} is inside the reviewed folder, where anyone who can change the files could forge it; choose a path outside"
        )
    return Path(real)


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection in a transaction that takes the write lock first, so that runs follow each other."""
    try:
        with own_database(path) as db:
            _version(db, path)
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("BEGIN IMMEDIATE")
            version = _version(db, path)
            for number, statements in enumerate((SCHEMA, IDENTITY, TALLY), 1):
                if version < number:
                    for statement in statements.split(";"):
                        db.execute(statement)
                    db.execute(f"PRAGMA user_version={number}")
            yield db
            db.execute("COMMIT")
    except (sqlite3.Error, OSError) as error:
        hint = "move the file away to start a new history, or run with --no-history"
        raise HistoryProblem(f"{path}: {error}; {hint}") from error


def _version(db: sqlite3.Connection, path: Path) -> int:
    """The version of the format. Raises HistoryProblem for one that is newer than this batten."""
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > VERSION:
        raise HistoryProblem(
            f"{path} was written by a newer batten (its format is {version}, this version supports {VERSION}); "
            "update batten, or name another file with --history"
        )
    return version


def kept_path(path: str) -> str | bytes:
    """A path as SQLite takes it: names may hold bytes that are no text."""
    raw = os.fsencode(path)
    return path if plain(path) == path else raw


def path_of(kept: str | bytes) -> str:
    return os.fsdecode(kept)


def plain(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()

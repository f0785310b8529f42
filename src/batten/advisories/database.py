"""The database that `batten advisories fetch` keeps: what advisories say of each package, and how old that is.

An ecosystem is replaced or brought up to date in one transaction, so what is read is one state of it, and a run that was
interrupted leaves the one before.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from batten.advisories.records import Entry
from batten.files.database import kept_database, own_database
from batten.model.record import record

FILE = "advisories.db"
VERSION = "1"
_FRESH = "+"  # before the name of an ecosystem whose records are being gathered
_TABLES = {
    "about": ("key", "value"),
    "ecosystem": ("name", "dated", "newest", "records"),
    "affected": ("family", "id", "ecosystem", "name", "modified", "entry"),
    "failed": ("family", "id"),
}
_SCHEMA = """
CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ecosystem (
  name TEXT PRIMARY KEY, dated TEXT NOT NULL, newest TEXT NOT NULL, records INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS affected (
  family TEXT NOT NULL, id TEXT NOT NULL, ecosystem TEXT NOT NULL, name TEXT NOT NULL,
  modified TEXT NOT NULL, entry BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS affected_name ON affected (name, ecosystem);
CREATE INDEX IF NOT EXISTS affected_id ON affected (family, id);
CREATE TABLE IF NOT EXISTS failed (family TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (family, id)) WITHOUT ROWID;
"""
_SEPARATORS = re.compile(r"[-_.]+")
_ENTRY = msgspec.msgpack.Decoder(Entry)


class NoDatabase(Exception):
    """A database that is not there, or cannot be read: the sentence says why."""


@record
class Kept:
    """What is kept of an ecosystem: when it was as its source had it, the time of its newest record, and how many there are."""

    dated: datetime
    newest: str
    records: int


@record
class AffectedPackage:
    """What one advisory says of one package, as it is stored. `ecosystem` has the release, `Debian:12`; `modified` is the
    record's time."""

    ecosystem: str
    name: str
    modified: str
    entry: Entry


def filed(ecosystem: str, name: str) -> str:
    """The name under which a package is filed: ecosystems that do not distinguish spellings have one of each."""
    family = ecosystem.partition(":")[0]
    if family == "PyPI":
        return _SEPARATORS.sub("-", name).lower()
    return name.lower() if family in ("NuGet", "Packagist") else name


def releases(ecosystem: str) -> tuple[str, ...]:
    """The names that OSV gives an ecosystem: those of Ubuntu say which releases get long support."""
    if ecosystem.startswith("Ubuntu:"):
        bare = ecosystem.removesuffix(":LTS")
        return bare, f"{bare}:LTS"
    return (ecosystem,)


class Database:
    """The database, open. What it cannot give is raised as NoDatabase."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def ecosystems(self) -> dict[str, Kept]:
        """What is kept, by ecosystem."""
        rows = self._db.execute("SELECT name, dated, newest, records FROM ecosystem").fetchall()
        return {
            str(name): Kept(_moment(dated), str(newest), int(records))
            for name, dated, newest, records in rows
        }

    def about(self, ecosystem: str, name: str) -> list[Entry]:
        """What advisories say of a package, one entry each."""
        names = releases(ecosystem)
        marks = ", ".join("?" * len(names))
        rows = self._db.execute(
            f"SELECT entry FROM affected WHERE name = ? AND ecosystem IN ({marks})",
            (filed(ecosystem, name), *names),
        )
        return [_decoded(blob) for (blob,) in rows]

    def failed(self, family: str) -> list[str]:
        """The records that could not be read when they were fetched."""
        return [
            str(name) for (name,) in self._db.execute("SELECT id FROM failed WHERE family = ?", (family,))
        ]

    def modified(self, family: str) -> dict[str, str]:
        """When each record of an ecosystem was last changed."""
        rows = self._db.execute("SELECT DISTINCT id, modified FROM affected WHERE family = ?", (family,))
        return {str(name): str(when) for name, when in rows}

    @contextmanager
    def changing(self) -> Iterator[None]:
        """All that the block writes, or nothing of it."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def stage(self) -> None:
        """Begin to gather what will stand in the place of an ecosystem."""
        self._db.execute("CREATE TEMP TABLE IF NOT EXISTS spared (id TEXT PRIMARY KEY) WITHOUT ROWID")
        self._db.execute("DELETE FROM temp.spared")

    def settle(self, family: str, spared: Iterable[str]) -> None:
        """Let what was gathered stand in the place of an ecosystem, but for the records that are spared."""
        self._db.executemany("INSERT OR IGNORE INTO temp.spared VALUES (?)", ((name,) for name in spared))
        self._db.execute(
            "DELETE FROM affected WHERE family = ? AND id NOT IN (SELECT id FROM temp.spared)", (family,)
        )
        self._db.execute("DELETE FROM failed WHERE family = ?", (family,))
        self._db.execute("UPDATE affected SET family = ? WHERE family = ?", (family, f"{_FRESH}{family}"))

    def replace(self, family: str, name: str, rows: Iterable[AffectedPackage]) -> None:
        """What a record says now, in the place of what it said."""
        self._db.execute("DELETE FROM affected WHERE family = ? AND id = ?", (family, name))
        self._db.execute("DELETE FROM failed WHERE family = ? AND id = ?", (family, name))
        self._add(family, rows)

    def put(self, family: str, rows: Iterable[AffectedPackage]) -> None:
        """Gather what records say."""
        self._add(f"{_FRESH}{family}", rows)

    def _add(self, family: str, rows: Iterable[AffectedPackage]) -> None:
        self._db.executemany(
            "INSERT INTO affected (family, id, ecosystem, name, modified, entry) VALUES (?, ?, ?, ?, ?, ?)",
            (
                (
                    family,
                    row.entry.id,
                    row.ecosystem,
                    filed(row.ecosystem, row.name),
                    row.modified,
                    msgspec.msgpack.encode(row.entry),
                )
                for row in rows
            ),
        )

    def note_failed(self, family: str, name: str) -> None:
        """A record that could not be read; it is fetched again the next time."""
        self._db.execute("INSERT OR IGNORE INTO failed VALUES (?, ?)", (family, name))

    def note(self, family: str, dated: datetime, newest: str) -> None:
        """The ecosystem is now as its source had it at this time."""
        (count,) = self._db.execute(
            "SELECT count(DISTINCT id) FROM affected WHERE family = ?", (family,)
        ).fetchone()
        said = dated.astimezone(UTC).isoformat(timespec="seconds")
        self._db.execute(
            "INSERT OR REPLACE INTO ecosystem VALUES (?, ?, ?, ?)", (family, said, newest, count)
        )


@contextmanager
def opened(folder: Path) -> Iterator[Database]:
    """The database of a folder, to read. Raises NoDatabase, also where the block meets what is damaged."""
    path = folder / FILE
    try:
        with kept_database(path, _TABLES) as db:
            _same_version(db)
            yield Database(db)
    except (OSError, sqlite3.Error) as error:
        raise NoDatabase(_why(path, error)) from error


@contextmanager
def kept(folder: Path) -> Iterator[Database]:
    """The database of a folder, to write; it is made where there is none. Raises NoDatabase."""
    path = folder / FILE
    try:
        with own_database(path) as db:
            db.executescript(_SCHEMA)
            db.execute("INSERT OR IGNORE INTO about VALUES ('version', ?)", (VERSION,))
            _same_version(db)
            yield Database(db)
    except (OSError, sqlite3.Error) as error:
        raise NoDatabase(_why(path, error)) from error


def _same_version(db: sqlite3.Connection) -> None:
    row = db.execute("SELECT value FROM about WHERE key = 'version'").fetchone()
    if row != (VERSION,):
        raise sqlite3.DatabaseError("another version of batten made it")


def _decoded(blob: object) -> Entry:
    try:
        return _ENTRY.decode(blob if isinstance(blob, bytes) else b"")
    except msgspec.MsgspecError as error:
        raise sqlite3.DatabaseError(f"an entry is damaged: {error}") from None


def _moment(text: object) -> datetime:
    try:
        made = datetime.fromisoformat(str(text))
    except ValueError:
        raise sqlite3.DatabaseError(f"'{text}' is not a time") from None
    return made if made.tzinfo is not None else made.replace(tzinfo=UTC)


def _why(path: Path, error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return f"there is no database of advisories at {path}"
    code = getattr(error, "sqlite_errorcode", 0)
    if (
        code & 0xFF == sqlite3.SQLITE_READONLY
    ):  # a journal of what was there before is left, and reading changes nothing
        return f"{path} cannot be read: an interrupted `batten advisories fetch` left it unfinished"
    said = error.strerror if isinstance(error, OSError) else str(error)
    return f"{path} cannot be read: {said}"

"""The database: an SQLite file of the service's own, or PostgreSQL for a fleet; transactions, and the way to the newest schema."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from batten import masking
from batten.files.named import own_file
from batten.watch.store.events import forget_waiting, write_waiting

FILE = "watch.db"
_OLDEST = (3, 35)  # RETURNING
_BUSY = 30.0  # seconds to wait for another writer of the file


class StoreProblem(Exception):
    """The database cannot be used; the sentence says why and what to do."""


def now() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


class Database:
    """Connections to one database, for any thread."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._turn = threading.Lock()

    @property
    def fleet(self) -> bool:
        """Whether it is PostgreSQL, which workers on several machines share."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that writes; all of it happens, or nothing. On SQLite it has the file for itself from its start."""
        with self._in_turn(), self.engine.begin() as connection:
            forget_waiting(connection)
            yield connection
            write_waiting(connection)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database and writes nothing."""
        options: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self.engine.connect() as connection:
            connection = connection.execution_options(**options if self.fleet else {"batten_reads": True})
            with connection.begin():
                yield connection

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Writers of one file wait here rather than at SQLite, which lets those wait for seconds that came first."""
        waited = not self.fleet and self._turn.acquire(timeout=_BUSY)
        try:
            yield
        finally:
            if waited:
                self._turn.release()


def open_database(url: str, new: bool = True) -> Database:
    """A database by its URL (`sqlite:////var/lib/batten/watch.db`, `postgresql://user@host/name`), as it is; with `new` false, a
    file that is not there is not made. The URL's password is masked from now on. Raises StoreProblem."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreProblem("the database's URL cannot be read; write postgresql://user@host/name") from None
    if parsed.password:
        masking.register(parsed.password)
    if parsed.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        parsed = parsed.set(drivername="postgresql+psycopg")
        try:
            # A server that does not answer is noticed in seconds, also where packets vanish; the URL may say
            # otherwise.
            patience = {
                "connect_timeout": 10,
                "tcp_user_timeout": 30_000,
                "application_name": "batten watch",
                "options": _HUNG,
            }
            options = {name: value for name, value in patience.items() if name not in parsed.query}
            return Database(
                create_engine(
                    parsed,
                    pool_size=5,
                    max_overflow=10,
                    pool_pre_ping=True,
                    hide_parameters=True,
                    connect_args=options,
                )
            )
        except ModuleNotFoundError as error:
            raise StoreProblem(f"{error.name} is not installed; pip install 'batten[fleet]'") from None
    if parsed.drivername != "sqlite":
        raise StoreProblem(f"{parsed.drivername} databases are not supported; use sqlite:// or postgresql://")
    return _sqlite(Path(parsed.database or ""), new)


# A process that hangs in a transaction loses it, and with it the locks that the others wait for.
_HUNG = "-c idle_in_transaction_session_timeout=20s"


def in_folder(folder: Path, new: bool = True) -> Database:
    """The SQLite file in a data folder; with `new` false, it is not made. Raises StoreProblem."""
    return _sqlite(folder / FILE, new)


def _sqlite(path: Path, new: bool) -> Database:
    if sqlite3.sqlite_version_info < _OLDEST:
        raise StoreProblem(f"this Python has SQLite {sqlite3.sqlite_version}; 3.35 or newer is needed")
    if not new and not path.is_file():
        raise StoreProblem(f"{path} is not there; name the data folder or the URL of the database")
    try:
        own_file(path)
    except OSError as error:
        raise StoreProblem(f"{path} cannot be opened: {error.strerror or error}") from error
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": _BUSY},
        hide_parameters=True,
        pool_size=5,
        max_overflow=20,
    )
    event.listen(engine, "connect", _settle)
    event.listen(engine, "begin", _begin)
    return Database(engine)


def _settle(connection: Any, _: object) -> None:
    connection.isolation_level = None  # transactions are begun here, not by the driver
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "trusted_schema=OFF",
        "temp_store=MEMORY",
        "journal_size_limit=67108864",  # bytes that a log which once was longer keeps
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    reads = connection.get_execution_options().get("batten_reads", False)
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reads else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


# What SQLite says (sqlite.org/rescode.html), and what to do about it.
_SAID = {
    "SQLITE_FULL": "the disk is full: the database cannot be written; free some space",
    "SQLITE_BUSY": f"another process has kept the database locked for {_BUSY:.0f} s",
    "SQLITE_READONLY": "the database file cannot be written by this user; check its owner and permissions",
    "SQLITE_CANTOPEN": "the database file cannot be opened; check its folder and permissions",
    "SQLITE_IOERR": "the disk reports an error: the database cannot be read or written; check the disk and its free space",
    "SQLITE_CORRUPT": "the database file is damaged; restore a backup with `batten watch restore`",
    "SQLITE_NOTADB": "the file is not an SQLite database; name another one, or remove it",
}


def unavailable(error: DBAPIError) -> str:
    """Why a database cannot be reached, read or written: one sentence, without a secret."""
    name = str(getattr(error.orig, "sqlite_errorname", ""))
    for known, said in _SAID.items():
        if name.startswith(known):
            return said
    lines = masking.sentence(str(error.orig or "")).strip().splitlines()
    return f"the database reports: {lines[0]}" if lines else "the database does not answer"

"""The database: an SQLite file of the service's own, or PostgreSQL for a fleet; transactions, and the way to the newest schema."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from batten.files.named import own_file

FILE = "watch.db"
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

    @property
    def fleet(self) -> bool:
        """Whether it is PostgreSQL, which workers on several machines share."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that writes; all of it happens, or nothing. On SQLite it has the file for itself from its start."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database and writes nothing."""
        with self.engine.connect() as connection:
            connection = connection.execution_options(batten_reads=True)
            with connection.begin():
                yield connection

    def close(self) -> None:
        self.engine.dispose()


def open_database(url: str) -> Database:
    """A database by its URL (`sqlite:////var/lib/batten/watch.db`, `postgresql://user@host/name`), as it is. Raises StoreProblem."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreProblem("the database's URL cannot be read; write postgresql://user@host/name") from None
    if parsed.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        parsed = parsed.set(drivername="postgresql+psycopg")
        try:
            return Database(create_engine(parsed, pool_size=5, max_overflow=10, pool_pre_ping=True))
        except ModuleNotFoundError as error:
            raise StoreProblem(f"{error.name} is not installed; pip install 'batten[fleet]'") from None
    if parsed.drivername != "sqlite":
        raise StoreProblem(f"{parsed.drivername} databases are not supported; use sqlite:// or postgresql://")
    return _sqlite(Path(parsed.database or ""))


def in_folder(folder: Path) -> Database:
    """The SQLite file in a data folder. Raises StoreProblem."""
    return _sqlite(folder / FILE)


def _sqlite(path: Path) -> Database:
    try:
        own_file(path)
    except OSError as error:
        raise StoreProblem(f"{path} cannot be opened: {error.strerror or error}") from error
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": _BUSY}, pool_size=5, max_overflow=20)
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
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    reads = connection.get_execution_options().get("batten_reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def unavailable(error: OperationalError) -> str:
    """What the driver says of a database that cannot be reached or written, in one line and without its address."""
    return (
        str(error.orig).strip().splitlines()[0] if error.orig is not None else "the database does not answer"
    )

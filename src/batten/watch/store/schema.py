"""The tables of a database are brought to this version's, once, however many services start together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from batten.watch.store import locks
from batten.watch.store.database import Database, StoreProblem, unavailable
from batten.watch.store.migrations import STEPS, VERSIONS
from batten.watch.store.tables import metadata

_UPGRADING = "batten.watch.store.upgrading"  # Alembic, 10 MB that a service at the newest step does without


def prepare(database: Database) -> None:
    """Make the tables, or bring them to this version's. Raises StoreProblem, also for a database of a newer version."""
    try:
        with database.read() as db:
            if step_of(db) == STEPS[-1]:
                return
        with alone(database) as db:
            step = step_of(db)
            if not step:
                # All tables of this version at once, marked as all steps would leave them (a test holds the two
                # against each other).
                encoded(db)
                metadata.create_all(db)
                primary = f"CONSTRAINT {VERSIONS}_pkc PRIMARY KEY (version_num)"
                db.exec_driver_sql(f"CREATE TABLE {VERSIONS} (version_num VARCHAR(32) NOT NULL, {primary})")
                db.execute(text(f"INSERT INTO {VERSIONS} (version_num) VALUES (:step)"), {"step": STEPS[-1]})
            elif step != STEPS[-1]:  # who had the lock before may have done it
                import_module(_UPGRADING).upgrade(db)
    except DBAPIError as error:
        raise StoreProblem(unavailable(error)) from error


def step_of(db: Connection) -> str:
    """The step that a database is at; "" for an empty one. Raises StoreProblem."""
    there = set(inspect(db).get_table_names())
    if VERSIONS not in there:
        if ours := sorted(there & set(metadata.tables)):
            raise StoreProblem(
                f"the database has a table `{ours[0]}` of another application; use an empty one"
            )
        return ""
    step = str(db.exec_driver_sql(f"SELECT version_num FROM {VERSIONS}").scalar() or "")
    if step and step not in STEPS:
        raise StoreProblem(
            f"the database is of a newer version of batten (its tables are at step {step}, this version knows {STEPS[-1]}); "
            "install that version, or restore an older backup"
        )
    return step


def encoded(db: Connection) -> None:
    """Raises StoreProblem for a database of PostgreSQL that cannot hold every text."""
    if db.dialect.name == "postgresql":
        encoding = db.exec_driver_sql("SHOW server_encoding").scalar()
        if encoding != "UTF8":
            raise StoreProblem(f"the database's encoding is {encoding}; create it with ENCODING 'UTF8'")


@contextmanager
def alone(database: Database) -> Iterator[Connection]:
    """A transaction that no other service changes tables beside."""
    if database.fleet:
        with database.begin() as db:
            locks.alone(db, locks.Lock.TABLES)
            yield db
        return
    with database.engine.connect() as db:
        # A table that is made again drops the old one, and with foreign keys on that empties those that refer to it.
        raw = db.connection.dbapi_connection
        assert raw is not None
        raw.execute("PRAGMA foreign_keys=OFF")
        try:
            with db.begin():
                yield db
                if db.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                    raise StoreProblem(
                        "the tables cannot be brought to this version: rows refer to others that are not there"
                    )
        finally:
            raw.execute("PRAGMA foreign_keys=ON")

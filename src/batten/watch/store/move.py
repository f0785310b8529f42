"""All that a service knows, from one database into another that is empty: SQLite to PostgreSQL, or back.

What is moved is one state of the source. The target gets it in one transaction: all of it, compared row by row, or nothing; a move
that was broken off is begun again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from batten.watch.store import copying
from batten.watch.store.copying import Copied, Tally
from batten.watch.store.database import Database, StoreProblem, unavailable
from batten.watch.store.migrations import STEPS
from batten.watch.store.schema import alone, step_of
from batten.watch.store.tables import metadata
from batten.watch.store.upgrading import upgrade

TABLES = tuple(metadata.sorted_tables)  # those that others refer to first


def move(source: Database, target: Database, moved: Callable[[Copied], None]) -> None:
    """Copy everything; `moved` hears of each table that is written. Raises StoreProblem: the target is as it was."""
    try:
        with source.read() as old, empty(target) as new:
            at_this_step(old)
            upgrade(new)
            for table in TABLES:
                tally, columns = Tally(table.name), copying.names(table)
                copying.load(new, table, columns, tally.passing(copying.rows_of(old, table, columns)))
                moved(copying.same(new, table, columns, tally.copied))
            for name, last in copying.numbers(old, TABLES).items():
                copying.set_numbers(new, metadata.tables[name], last)
    except DBAPIError as error:
        raise StoreProblem(unavailable(error)) from error


@contextmanager
def empty(target: Database) -> Iterator[Connection]:
    """A transaction in a database that holds nothing yet, alone there. Raises StoreProblem."""
    with alone(target) as db:
        step_of(db)
        there = copying.there(db)
        for table in TABLES:
            if table.name in there and db.execute(select(1).select_from(table).limit(1)).first() is not None:
                raise StoreProblem(f"the target has rows in `{table.name}`; name an empty database")
        yield db
        if target.fleet:
            db.exec_driver_sql("ANALYZE")  # without it the first questions would be slow


def at_this_step(db: Connection) -> None:
    """Raises StoreProblem for a source that is not a service's, or of another version."""
    step = step_of(db)
    if not step:
        raise StoreProblem("the source is not a database of batten watch; check its URL")
    if step != STEPS[-1]:
        raise StoreProblem("the source is of an older version; start `batten watch` on it once, then stop it")

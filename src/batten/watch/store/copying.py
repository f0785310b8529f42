"""Rows of whole tables, out of one database and into another of either kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, func, inspect, select
from sqlalchemy.types import String

from batten.model.record import record
from batten.watch.store.database import StoreProblem

Values = Sequence[Any]  # of one row, in the order of the table's columns
_BATCH = 2_000  # rows


@record(kw_only=True)
class Copied:
    """What was read of a table, or written: two tables are equal where this is."""

    table: str
    rows: int
    digest: str


class Tally:
    """Counts a table's rows while they pass."""

    def __init__(self, table: str) -> None:
        self._table, self._rows, self._digest = table, 0, sha256()

    def passing(self, rows: Iterable[Values]) -> Iterator[Values]:
        """The same rows."""
        for row in rows:
            self.add(encoded(row))
            yield row

    def add(self, line: bytes) -> None:
        """Count a row that is encoded already."""
        self._rows += 1
        self._digest.update(line)

    @property
    def copied(self) -> Copied:
        return Copied(table=str(self._table), rows=self._rows, digest=self._digest.hexdigest())


def encoded(row: Values) -> bytes:
    """A row as a line of JSON; bytes are base64."""
    return msgspec.json.encode(tuple(row)) + b"\n"


def names(table: Table) -> list[str]:
    """A table's columns in their order."""
    return [str(column.name) for column in table.columns]


def rows_of(db: Connection, table: Table, columns: Sequence[str]) -> Iterator[Values]:
    """All rows of a table by its key, in an order that both databases agree on, a batch at a time in memory."""
    fleet = db.dialect.name == "postgresql"
    keys = [
        key.collate("C") if fleet and isinstance(key.type, String) else key
        for key in table.primary_key.columns
    ]
    wanted = select(*(table.c[name] for name in columns)).order_by(*keys)
    for batch in db.execute(wanted.execution_options(yield_per=_BATCH)).partitions():
        yield from batch


def counted(db: Connection, table: Table, columns: Sequence[str]) -> Copied:
    """What a table holds."""
    tally = Tally(table.name)
    for _ in tally.passing(rows_of(db, table, columns)):
        pass
    return tally.copied


def same(db: Connection, table: Table, columns: Sequence[str], written: Copied) -> Copied:
    """What was written, once a look at the table has shown the same. Raises StoreProblem."""
    if counted(db, table, columns) != written:
        raise StoreProblem(f"`{table.name}` is not the same after it was written; nothing was kept")
    return written


def load(db: Connection, table: Table, columns: Sequence[str], rows: Iterable[Values]) -> None:
    """Write rows into an empty table, as quickly as the database takes them."""
    quote = db.dialect.identifier_preparer
    listed = ", ".join(quote.quote(name) for name in columns)
    name = quote.format_table(table)
    if db.dialect.name == "postgresql":
        cursor: Any = db.connection.cursor()  # psycopg's
        with closing(cursor), cursor.copy(f"COPY {name} ({listed}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join("?" for _ in columns)
    with_values = f"INSERT INTO {name} ({listed}) VALUES ({marks})"
    for batch in _batches(rows):
        db.exec_driver_sql(with_values, batch)


def numbers(db: Connection, tables: Iterable[Table]) -> dict[str, int]:
    """The last number that each table gave a row of its own: it is not given again, also where the row is gone."""
    if db.dialect.name != "postgresql":
        rows = db.exec_driver_sql("SELECT name, seq FROM sqlite_sequence")
        given = {str(row.name): int(row.seq) for row in rows}
        return {str(t.name): given[t.name] for t in tables if t.name in given}
    last: dict[str, int] = {}
    for table in tables:
        if sequence := _sequence(db, table):
            value, called = db.exec_driver_sql(f"SELECT last_value, is_called FROM {sequence}").one()
            last |= {str(table.name): int(value)} if called else {}
    return last


def set_numbers(db: Connection, table: Table, last: int) -> None:
    """Let the next row have the number after this one."""
    if db.dialect.name == "postgresql":
        db.execute(select(func.setval(_sequence(db, table), last)))
        return
    db.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = ?", (table.name,))
    db.exec_driver_sql("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table.name, last))


def there(db: Connection) -> set[str]:
    """The names of the tables of a database."""
    return set(inspect(db).get_table_names())


def _sequence(db: Connection, table: Table) -> str | None:
    """The name of what numbers a table's rows, as SQL; None where nothing does."""
    if "id" not in table.columns:
        return None
    name = db.dialect.identifier_preparer.format_table(table)
    found = db.execute(select(func.pg_get_serial_sequence(name, "id"))).scalar()
    return None if found is None else str(found)


def _batches(rows: Iterable[Values]) -> Iterator[list[tuple[Any, ...]]]:
    batch: list[tuple[Any, ...]] = []
    for row in rows:
        batch.append(tuple(row))
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch

"""The process that reads a stranger's database: `python -m batten.formats.database_child LIMITS…`, started by `databases.py`.

It reads what is asked and the database from its standard input, and answers on its standard output.
"""

from __future__ import annotations

import sqlite3
import sys

import msgspec

from batten.cell.child import confine
from batten.files.database import foreign_database
from batten.formats.databases import Answered, Asked, Table, Value

_SPARE = 1 << 20


class _TooMuch(Exception):
    """More than a database of its size holds: the sentence says of what."""


def main() -> None:
    confine(sys.argv[1:])
    source = sys.stdin.buffer
    asked = msgspec.msgpack.decode(source.read(int.from_bytes(source.read(4))), type=Asked)
    try:
        answer = _answer(asked, source.read(asked.size))
    except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter of a name in the schema
        answer = Answered(str(error))
    except _TooMuch as error:
        answer = Answered(str(error))
    except MemoryError:
        answer = Answered("reading it takes more memory than a database of its size should")
    sys.stdout.buffer.write(msgspec.msgpack.encode(answer))


def _answer(asked: Asked, data: bytes) -> Answered:
    with foreign_database(data, {table.name: table.columns for table in asked.tables}) as db:
        left = 2 * len(data) + _SPARE
        made = []
        for table in asked.tables:
            rows, left = _rows(db, table, left)
            made.append(rows)
    return Answered(rows=made)


def _rows(db: sqlite3.Connection, table: Table, left: int) -> tuple[list[list[Value]], int]:
    """The rows of a table, cut; `left` are the bytes that they may have before that. Cells of a damaged file may share one value."""
    columns = ", ".join(f'"{name}"' for name in table.columns)
    order = f' ORDER BY "{table.order}"' if table.order else ""
    rows: list[list[Value]] = []
    for row in db.execute(f'SELECT {columns} FROM "{table.name}"{order} LIMIT {table.most + 1}'):
        left -= sum(len(value) for value in row if isinstance(value, str | bytes))
        if left < 0:
            raise _TooMuch("its rows have more bytes than the file has")
        if len(rows) == table.most:
            raise _TooMuch(f"its table `{table.name}` has more than {table.most:,} rows")
        rows.append([value[: table.longest] if isinstance(value, str | bytes) else value for value in row])
    return rows, left


if __name__ == "__main__":
    main()

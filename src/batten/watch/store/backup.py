"""A backup is one file, the same of either database: lines of JSON, packed with gzip.

The first line says what it is: the step of the tables, their columns, and the last numbers given. Then come the rows of each table, a list
a line, each table closed by how many they were and their digest; the last line has the digest of all lines before it.

Sessions, throttled log-ins and answers to repeated requests are not in it: after a restore people log in again.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from hashlib import sha256
from typing import Annotated, BinaryIO

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from batten import __version__
from batten.watch.store import copying
from batten.watch.store.copying import Copied, Tally
from batten.watch.store.database import Database, StoreProblem, now, unavailable
from batten.watch.store.migrations import STEPS
from batten.watch.store.move import TABLES, at_this_step

FORMAT = 1
KEPT = tuple(table for table in TABLES if table.name not in ("session", "attempt", "repeat"))
Whole = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class Head(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The first line; `at` is when the backup was made, in milliseconds, and `version` that of batten."""

    batten_watch_backup: int
    step: str
    version: str
    at: Whole
    tables: dict[str, list[str]]
    numbers: dict[str, Whole]


class Closed(msgspec.Struct, forbid_unknown_fields=True):
    """The line after the rows of a table."""

    table: str
    rows: int
    digest: str


class End(msgspec.Struct, forbid_unknown_fields=True):
    """The last line."""

    end: str


def write(database: Database, file: BinaryIO, written: Callable[[Copied], None]) -> None:
    """Write one state of a database, which may be in use; `written` hears of each table. Raises StoreProblem and OSError."""
    digest = sha256()
    with gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=4, mtime=0) as packed:

        def put(line: bytes) -> None:
            packed.write(line)
            digest.update(line)

        try:
            with database.read() as db:
                at_this_step(db)
                put(_line(_head(db)))
                for table in KEPT:
                    tally = Tally(table.name)
                    for row in copying.rows_of(db, table, copying.names(table)):
                        put_line = copying.encoded(row)
                        tally.add(put_line)
                        put(put_line)
                    copied = tally.copied
                    put(_line(Closed(copied.table, copied.rows, copied.digest)))
                    written(copied)
        except DBAPIError as error:
            raise StoreProblem(unavailable(error)) from error
        packed.write(_line(End(digest.hexdigest())))


def _head(db: Connection) -> Head:
    tables = {str(table.name): copying.names(table) for table in KEPT}
    last = copying.numbers(db, KEPT)
    return Head(
        batten_watch_backup=FORMAT, step=STEPS[-1], version=__version__, at=now(), tables=tables, numbers=last
    )


def _line(part: msgspec.Struct) -> bytes:
    return msgspec.json.encode(part) + b"\n"

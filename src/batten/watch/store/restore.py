"""A backup, back into an empty database of either kind.

Who wrote the file may be a stranger. It is read to its end within bounds before anything is written, what it says is values alone, and
the database gets all of it in one transaction, or nothing.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, BinaryIO

import msgspec
from sqlalchemy import Boolean, Column, Connection, Integer, LargeBinary, MetaData, Table, inspect
from sqlalchemy.exc import DBAPIError

from batten.watch.store import copying
from batten.watch.store.backup import FORMAT, Closed, End, Head, Whole
from batten.watch.store.copying import Copied, Tally
from batten.watch.store.database import Database, StoreProblem, unavailable
from batten.watch.store.migrations import STEPS
from batten.watch.store.move import empty
from batten.watch.store.upgrading import upgrade

_LONGEST = 64 * 1024 * 1024  # bytes of a line
_RATIO, _SPARE = 300, 64 * 1024 * 1024  # as much more than the file's size may be unpacked of it
_scalars = msgspec.json.Decoder(list[str | Whole | bool | None])


def restore(file: BinaryIO, size: int, target: Database, restored: Callable[[Copied], None]) -> Head:
    """Write a backup of `size` bytes into an empty database; `restored` hears of each table. Raises StoreProblem and OSError."""
    with _refusing():
        _look_through(_Lines(file, size))
        file.seek(0)
        lines = _Lines(file, size)
        head = _head(lines)
        with empty(target) as db:
            upgrade(db, head.step)
            for name, rows in _tables(lines, head):
                restored(_load(db, name, head.tables[name], rows))
            _number(db, head)
            upgrade(db)
    return head


class _Foreign(Exception):
    """What is wrong with the file."""


class _Lines:
    """The lines of a backup, bounded, and digested while they are read."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = gzip.GzipFile(fileobj=file, mode="rb")
        self._left = size * _RATIO + _SPARE
        self._digest = sha256()

    def next(self) -> bytes:
        """The next line, with its end."""
        line = self._file.readline(min(_LONGEST, self._left))
        self._left -= len(line)
        if not line.endswith(b"\n"):
            raise _Foreign("it holds more than a backup of its size" if line else "it is not complete")
        self._digest.update(line)
        return line

    def digest(self) -> str:
        """Of all lines so far."""
        return self._digest.hexdigest()

    def ended(self) -> bool:
        """Whether nothing follows; the checksum of gzip is read then, too."""
        return not self._file.read(1)


def _look_through(lines: _Lines) -> None:
    """Read a backup to its end, as `restore` does. Raises _Foreign."""
    head = _head(lines)
    for name, rows in _tables(lines, head):
        width = len(head.tables[name])
        for line in rows:
            if len(_scalars.decode(line)) != width:
                raise _Foreign(f"a row of `{name}` does not fit its columns")


def _head(lines: _Lines) -> Head:
    try:
        head = msgspec.json.decode(lines.next(), type=Head)
    except msgspec.DecodeError as error:
        raise _Foreign("it does not begin like a backup") from error
    if head.batten_watch_backup != FORMAT or head.step not in STEPS:
        raise StoreProblem(
            f"the backup was made by a newer version of batten ({head.version[:40]}); install that version"
        )
    return head


def _tables(lines: _Lines, head: Head) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Each table's name and its rows, to be read before the next; then the end."""
    for name in head.tables:
        yield name, _rows(lines, name)
    before = lines.digest()
    if msgspec.json.decode(lines.next(), type=End).end != before or not lines.ended():
        raise _Foreign("it was changed after it was written")


def _rows(lines: _Lines, name: str) -> Iterator[bytes]:
    tally = Tally(name)
    while not (line := lines.next()).startswith(b"{"):
        tally.add(line)
        yield line
    closed = msgspec.json.decode(line, type=Closed)
    if Copied(table=closed.table, rows=closed.rows, digest=closed.digest) != tally.copied:
        raise _Foreign(f"the rows of `{name}` are not those that were written")


def _load(db: Connection, name: str, columns: Sequence[str], lines: Iterator[bytes]) -> Copied:
    table = _table(db, name, columns)
    row = msgspec.json.Decoder(tuple[tuple(_type(table.c[c]) for c in columns)])  # type: ignore[misc]
    tally = Tally(name)
    copying.load(db, table, columns, tally.passing(row.decode(line) for line in lines))
    return copying.same(db, table, columns, tally.copied)


def _table(db: Connection, name: str, columns: Sequence[str]) -> Table:
    """A table as the step of the backup has it."""
    if name not in copying.there(db):
        raise _Foreign("it has a table that batten watch does not have")
    seen = inspect(db)
    keys = seen.get_pk_constraint(name)["constrained_columns"]
    table = Table(
        name,
        MetaData(),
        *(
            Column(c["name"], c["type"], nullable=c["nullable"], primary_key=c["name"] in keys)
            for c in seen.get_columns(name)
        ),
    )
    if sorted(columns) != sorted(table.columns.keys()):
        raise _Foreign(f"the columns of `{name}` are not those of step and version")
    return table


def _type(column: Column[Any]) -> Any:
    """What a row may have in a column."""
    match column.type:
        case Boolean():
            kind: Any = bool
        case Integer():
            kind = Whole
        case LargeBinary():
            kind = bytes
        case _:
            kind = str
    return kind | None if column.nullable else kind


def _number(db: Connection, head: Head) -> None:
    for name, last in head.numbers.items():
        table = _table(db, name, head.tables.get(name, ()))
        if "id" not in table.columns or last < 1:
            raise _Foreign(f"`{name}` is not numbered like this")
        copying.set_numbers(db, table, last)


@contextmanager
def _refusing() -> Iterator[None]:
    """Whatever the file does to its reader is a sentence. Raises StoreProblem."""
    try:
        yield
    except (gzip.BadGzipFile, zlib.error, EOFError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StoreProblem("the file is not a whole backup of batten watch; nothing was restored") from error
    except _Foreign as error:
        raise StoreProblem(
            f"the file is not a backup of batten watch: {error}; nothing was restored"
        ) from error
    except DBAPIError as error:
        raise StoreProblem(f"{unavailable(error)}; nothing was restored") from error

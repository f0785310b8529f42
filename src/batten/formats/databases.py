"""Rows of a stranger's SQLite database, read by a process of its own (`database_child.py`): whatever its pages do to their reader,
they do it there, within a limit of memory and processor time."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import msgspec

from batten.cell.child import MIB, Bounds, Task, run

Value = int | float | str | bytes | None
_MAGIC = b"SQLite format 3\0"
_CHILD = "batten.formats.database_child"
_BESIDE = 192 * MIB  # what the child takes beside the database, of which it has two copies
_SECONDS = 20  # of processor time
_MOST_OUTPUT = 256 * MIB


class BadDatabase(Exception):
    """A database that is not read: why."""


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of a table: its columns in this order, rows by `order`, of which there may be `most`. Values are cut after
    `longest` bytes or characters."""

    name: str
    columns: tuple[str, ...]
    order: str = ""
    most: int = 200_000
    longest: int = 1 << 20


class Asked(msgspec.Struct, frozen=True):
    """What the child is told before the database."""

    tables: tuple[Table, ...]
    size: int


class Answered(msgspec.Struct, frozen=True):
    """What the child says: why it cannot read, or the rows of each table."""

    problem: str = ""
    rows: list[list[list[Any]]] = []  # texts and bytes beside each other, which a msgspec type cannot say


def version_of(data: bytes) -> int:
    """The number that a database states as its version (`user_version`). Raises BadDatabase."""
    if not data.startswith(_MAGIC) or len(data) < 100:
        raise BadDatabase("it is not an SQLite database")
    return int.from_bytes(data[60:64])  # https://sqlite.org/fileformat2.html#user_version_number


def rows_of(data: bytes, *tables: Table, seconds: float = _SECONDS) -> list[list[list[Value]]]:
    """The rows of each table. Raises BadDatabase, also for a table that is computed or is none."""
    if not data.startswith(_MAGIC):
        raise BadDatabase("it is not an SQLite database")
    asked = msgspec.msgpack.encode(Asked(tables, len(data)))
    processor = max(1, math.ceil(min(seconds, _SECONDS)))
    bounds = Bounds(
        wall=processor * 10.0,
        processor=processor,
        memory=_BESIDE + 3 * len(data),
        output=_MOST_OUTPUT,
        file=0,
        files=64,
    )
    given = len(asked).to_bytes(4) + asked + data
    task = Task(
        module=_CHILD, given=given, folder=Path("/"), environment={"HOME": "/nonexistent"}, bounds=bounds
    )
    try:
        ended = run(task, lambda line: None, lambda: False)
    except OSError as error:
        raise BadDatabase(f"no process could be started to read it: {error.strerror or error}") from error
    if ended.stopped:
        raise BadDatabase(f"the process that reads it was ended: {ended.stopped}")
    try:
        answer = msgspec.msgpack.decode(ended.out, type=Answered)
    except msgspec.MsgspecError:
        why = (
            f"more than {processor} s of processor time"
            if ended.code in (-24, -9)
            else "it crashes its reader"
        )
        raise BadDatabase(f"it is damaged, or made to harm its reader: {why}") from None
    if answer.problem:
        raise BadDatabase(answer.problem)
    return answer.rows

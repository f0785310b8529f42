"""A database of `batten watch` with rows in every table: made from what the columns may hold."""

from __future__ import annotations

import random

from sqlalchemy import Boolean, Column, Integer, LargeBinary, Table, insert, select

from batten.watch.store.database import Database
from batten.watch.store.tables import metadata

_TEXTS = (
    "",
    "plain",
    "with \"quotes\", 'both', and \\ and\ttab\nline",
    "ü — \U0001f512",
    "a|b,c;d",
    "x" * 3_000,
    "NULL",
    "\\N",
)


def fill(database: Database, rows: int = 5, seed: int = 1) -> None:
    """Rows in every table, those that others refer to first."""
    chance = random.Random(seed)
    with database.begin() as db:
        for table in metadata.sorted_tables:
            referred = {
                key.parent.name: list(db.execute(select(key.column)).scalars()) for key in table.foreign_keys
            }
            for number in range(1, rows + 1):
                values = {
                    c.name: _value(chance, table, c, number, referred.get(c.name)) for c in table.columns
                }
                db.execute(insert(table).values({k: v for k, v in values.items() if k != "id"}))


def _value(
    chance: random.Random, table: Table, column: Column[object], number: int, referred: list[int] | None
) -> object:
    if referred is not None:
        return referred[(number - 1) % len(referred)]
    if column.nullable and chance.random() < 0.4:
        return None
    if isinstance(column.type, Boolean):
        return chance.random() < 0.5
    if isinstance(column.type, Integer):
        large = "severity" not in column.name and "Small" not in type(column.type).__name__
        return chance.choice((0, 1, 5, 2**40, -3)) if large else chance.randrange(5)
    if isinstance(column.type, LargeBinary):
        return chance.randbytes(chance.randrange(50))
    unique = f"{table.name} {number} "
    return "done" if (table.name, column.name) == ("run", "state") else unique + chance.choice(_TEXTS)

"""Where SQLite and PostgreSQL differ in what a statement looks like."""

from __future__ import annotations

from typing import TypeAlias

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Insert: TypeAlias = "postgresql.Insert | sqlite.Insert"


def insert(db: Connection, table: Table) -> Insert:
    """An INSERT of the connection's dialect, which can say what happens where the row is there already."""
    return postgresql.insert(table) if db.dialect.name == "postgresql" else sqlite.insert(table)

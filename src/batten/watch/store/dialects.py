"""Where SQLite and PostgreSQL differ in what a statement looks like."""

from __future__ import annotations

from typing import Any, TypeAlias

from sqlalchemy import Boolean, ColumnElement, Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

Insert: TypeAlias = "postgresql.Insert | sqlite.Insert"


def insert(db: Connection, table: Table) -> Insert:
    """An INSERT of the connection's dialect, which can say what happens where the row is there already."""
    return postgresql.insert(table) if db.dialect.name == "postgresql" else sqlite.insert(table)


class _Holds(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True


def holds(column: ColumnElement[str], wanted: str) -> ColumnElement[bool]:
    """Whether a column's text has another one in it, without regard to case (on SQLite that of ASCII's letters)."""
    pattern = wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return _Holds(column, f"%{pattern}%")


@compiles(_Holds, "sqlite")
def _like(element: _Holds, compiler: Any, **how: Any) -> str:
    column, pattern = (compiler.process(part, **how) for part in element.clauses)
    return f"({column} LIKE {pattern} ESCAPE '\\')"


@compiles(_Holds, "postgresql")
def _ilike(element: _Holds, compiler: Any, **how: Any) -> str:
    column, pattern = (compiler.process(part, **how) for part in element.clauses)
    return f"({column} ILIKE {pattern} ESCAPE '\\')"


class _Plain(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True


def by_order(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """A condition for which SQLite looks at no index, so that it walks the one of the order: it sorts a million rows rather than
    read a few more than are wanted (https://sqlite.org/optoverview.html, *Disqualifying WHERE Clause Terms*)."""
    return _Plain(condition)


@compiles(_Plain, "sqlite")
def _plus(element: _Plain, compiler: Any, **how: Any) -> str:
    return f"+({compiler.process(element.clauses, **how)})"


@compiles(_Plain, "postgresql")
def _same(element: _Plain, compiler: Any, **how: Any) -> str:
    return f"({compiler.process(element.clauses, **how)})"

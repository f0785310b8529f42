"""What columns and indexes of all tables have in common, on both databases."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Text,
    TextClause,
    TypeDecorator,
    false,
    text,
)

# Names by rule, so that migrations can name what they change on both databases.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Plain(TypeDecorator[str]):
    """Text that both databases can hold: PostgreSQL has no NUL, and neither has half of a surrogate pair. What reports and
    people send may have both."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or (value.isascii() and "\0" not in value):
            return value
        return value.encode(errors="replace").decode().replace("\0", "\ufffd")


# SQLite gives numbers by itself to INTEGER alone.
NUMBER = BigInteger().with_variant(Integer(), "sqlite")


def key() -> Column[int]:
    return Column("id", NUMBER, primary_key=True, autoincrement=True)


def moment(name: str, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def words(name: str) -> Column[str]:
    return Column(name, Plain, nullable=False, server_default="")


def flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=false())


def whole(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text("0"))


def of(table: str, name: str = "") -> Column[int]:
    return Column(name or table, NUMBER, ForeignKey(f"{table}.id", ondelete="CASCADE"), nullable=False)


def where(name: str, condition: str, *columns: str | TextClause, unique: bool = False) -> Index:
    """An index of some rows. A statement uses it where it says the condition in the same words, not by a parameter."""
    return Index(
        name, *columns, unique=unique, sqlite_where=text(condition), postgresql_where=text(condition)
    )

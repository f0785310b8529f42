"""What one transaction alone does at a time. PostgreSQL has advisory locks for it; SQLite has one writer."""

from __future__ import annotations

from enum import IntEnum

from sqlalchemy import Connection, func, select


class Lock(IntEnum):
    """A lock and its number, the same for all services on a database."""

    TABLES = 0x62617474656E
    JOBS = 0x62617474656F
    EVENTS = 0x626174746570
    AUDIT = 0x6175646974


def alone(db: Connection, what: Lock) -> None:
    """Wait until no other transaction has the lock, and keep others waiting until this one ends."""
    if db.dialect.name == "postgresql":
        db.execute(select(func.pg_advisory_xact_lock(what.value)))

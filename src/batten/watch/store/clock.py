"""What time it is, for all who share a database: of workers on several machines, the server's clock is the one that counts."""

from __future__ import annotations

from sqlalchemy import Connection

from batten.watch.store.database import now as own


def now(db: Connection) -> int:
    """Milliseconds since 1970, UTC, by the clock of the database."""
    if db.dialect.name != "postgresql":
        return own()
    seconds = db.exec_driver_sql("SELECT extract(epoch FROM clock_timestamp()) * 1000").scalar()
    return int(seconds or 0)

"""Sessions of browsers, by the digest of their id: who can read the database cannot become one of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from batten.watch.model import Session
from batten.watch.store.tables import session


def add(db: Connection, digest: str, one: Session) -> None:
    """Begin a session."""
    db.execute(
        insert(session).values(
            digest=digest, account=one.user, csrf=one.csrf, created=one.created, seen=one.seen,
            expires=one.expires,
        )
    )  # fmt: skip


def find(db: Connection, digest: str, now: int, idle: int) -> Session | None:
    """The session of a digest, unless it expired or was not used for `idle` milliseconds."""
    still = (session.c.expires > now, session.c.seen > now - idle)
    row = db.execute(select(session).where(session.c.digest == digest, *still)).first()
    return _session(row) if row is not None else None


def saw(db: Connection, digest: str, now: int) -> None:
    """Note that a session is used."""
    db.execute(update(session).where(session.c.digest == digest).values(seen=now))


def end(db: Connection, digest: str) -> bool:
    """End a session; whether there was one."""
    return db.execute(delete(session).where(session.c.digest == digest)).rowcount > 0


def end_all(db: Connection, user: int, but: str = "") -> int:
    """End a user's sessions, all but one if its digest is given; how many."""
    return db.execute(delete(session).where(session.c.account == user, session.c.digest != but)).rowcount


def prune(db: Connection, now: int, idle: int) -> None:
    """Remove the sessions that expired, or were not used for `idle` milliseconds."""
    db.execute(delete(session).where((session.c.expires <= now) | (session.c.seen <= now - idle)))


def _session(row: Row[Any]) -> Session:
    return Session(user=row.account, csrf=row.csrf, created=row.created, seen=row.seen, expires=row.expires)

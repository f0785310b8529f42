"""Log-ins that were tried, by what they are counted for: a name, an address, a browser."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select, update

from batten.model.record import record
from batten.watch.store.dialects import insert
from batten.watch.store.tables import attempt


@record
class Tried:
    """How often since when, and until when the next one is refused (None: it is not)."""

    count: int
    first: int
    blocked: int | None


def of(db: Connection, subject: str, now: int) -> Tried:
    """What is known of a subject, for this transaction alone until its end: two that try at once are counted one by one."""
    made = insert(db, attempt).values(subject=subject, count=0, first=now)
    same = {"count": attempt.c.count}  # changes nothing, and has the row for itself
    db.execute(made.on_conflict_do_update(index_elements=[attempt.c.subject], set_=same))
    columns = attempt.c.count, attempt.c.first, attempt.c.blocked
    times, first, blocked = db.execute(select(*columns).where(attempt.c.subject == subject)).one()
    return Tried(times, first, blocked)


def keep(db: Connection, subject: str, tried: Tried) -> None:
    """Write what is known of a subject."""
    new = {"count": tried.count, "first": tried.first, "blocked": tried.blocked}
    db.execute(update(attempt).where(attempt.c.subject == subject).values(**new))


def forget(db: Connection, subject: str) -> None:
    """Begin again for a subject."""
    db.execute(delete(attempt).where(attempt.c.subject == subject))


def prune(db: Connection, before: int) -> None:
    """Remove what was first tried before then."""
    db.execute(delete(attempt).where(attempt.c.first < before))

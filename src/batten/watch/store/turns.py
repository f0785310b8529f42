"""Whose turn it is to do what one process alone does, once in a while."""

from __future__ import annotations

from sqlalchemy import Connection, or_, update

from batten.watch.store.dialects import insert
from batten.watch.store.tables import turn


def take(db: Connection, name: str, now: int, every: int) -> bool:
    """Whether it is the caller's turn now, which is then noted: once in `every` milliseconds, over all processes. A turn that
    a clock which was ahead has noted holds nobody up."""
    new = insert(db, turn).values(name=name, at=now).on_conflict_do_nothing().returning(turn.c.name)
    if db.execute(new).first() is not None:
        return True
    over = or_(turn.c.at <= now - every, turn.c.at > now)
    mine = update(turn).where(turn.c.name == name, over).values(at=now).returning(turn.c.name)
    return db.execute(mine).first() is not None

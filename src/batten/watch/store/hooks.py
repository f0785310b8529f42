"""Webhooks of environments: which secret is in force, and which deliveries were taken. The secrets themselves are nowhere here."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, delete, select, update

from batten.watch.model import Caller, Role
from batten.watch.store.dialects import insert
from batten.watch.store.tables import delivery, environment
from batten.watch.store.visible import seen_by


def in_force(db: Connection, number: int) -> int | None:
    """The number of the secret of an environment's webhook; None where it has none."""
    known = _number(db.execute(select(environment.c.hook).where(environment.c.id == number)).scalar())
    return known if known > 0 else None


def renew(db: Connection, caller: Caller, number: int) -> int | None:
    """The number of a new secret, which is the only one in force then; None where the caller does not administer such an
    environment. A number is never used twice."""
    return _change(db, caller, number, lambda known: abs(known) + 1)


def end(db: Connection, caller: Caller, number: int) -> bool:
    """Take no deliveries any more; False where the caller does not administer such an environment."""
    return _change(db, caller, number, lambda known: -abs(known)) is not None


def first(db: Connection, digest: str, number: int, now: int) -> bool:
    """Whether a delivery was never taken before, which is then noted."""
    row = {"digest": digest, "environment": number, "at": now}
    new = insert(db, delivery).values(row).on_conflict_do_nothing().returning(delivery.c.digest)
    return db.execute(new).first() is not None


def forget(db: Connection, before: int) -> None:
    """Forget deliveries of before a time."""
    db.execute(delete(delivery).where(delivery.c.at < before))


def _change(db: Connection, caller: Caller, number: int, to: Callable[[int], int]) -> int | None:
    theirs = environment.c.id == number, seen_by(caller, Role.ADMIN)
    row = db.execute(select(environment.c.hook).where(*theirs).with_for_update(key_share=True)).first()
    if row is None:
        return None
    made = to(_number(row.hook))
    db.execute(update(environment).where(environment.c.id == number).values(hook=str(made)))
    return made


def _number(kept: str | None) -> int:
    return int(kept) if kept else 0

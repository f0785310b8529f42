"""Users and what they were granted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, insert, select, update

from batten.watch.model import Grant, Role, User
from batten.watch.store.tables import grant, user


def add(db: Connection, one: User) -> int:
    """A new user; returns the id. Raises IntegrityError where there is one of this name."""
    key = db.execute(insert(user).values(**_columns(one))).inserted_primary_key
    assert key is not None
    return int(key[0])


def change(db: Connection, one: User) -> None:
    """Write all of a user but when it was made and last seen."""
    columns = {name: value for name, value in _columns(one).items() if name not in ("created", "seen")}
    db.execute(update(user).where(user.c.id == one.id).values(**columns))


def saw(db: Connection, number: int, now: int) -> None:
    """Note that a user logged in."""
    db.execute(update(user).where(user.c.id == number).values(seen=now))


def find(db: Connection, number: int) -> User | None:
    row = db.execute(select(user).where(user.c.id == number)).first()
    return user_of(row) if row is not None else None


def named(db: Connection, name: str) -> User | None:
    """The user of a name, which may be anything that was typed."""
    if "\0" in name:  # PostgreSQL takes no such text
        return None
    row = db.execute(select(user).where(user.c.name == name)).first()
    return user_of(row) if row is not None else None


def of_subject(db: Connection, issuer: str, subject: str) -> User | None:
    """The user whom an OIDC provider calls so."""
    row = db.execute(select(user).where(user.c.issuer == issuer, user.c.subject == subject)).first()
    return user_of(row) if row is not None else None


def every(db: Connection) -> list[User]:
    """All users, by name."""
    return [user_of(row) for row in db.execute(select(user).order_by(user.c.name))]


def exist(db: Connection) -> bool:
    return db.execute(select(user.c.id).limit(1)).first() is not None


def grants(db: Connection, number: int) -> tuple[Grant, ...]:
    """What a user was granted, the widest first."""
    order = (grant.c.team, grant.c.environment)
    return tuple(
        Grant(Role(r.role), r.team, r.environment)
        for r in db.execute(select(grant).where(grant.c.account == number).order_by(*order))
    )


def allow(db: Connection, number: int, given: Grant) -> None:
    """Give a user a role over something, instead of the one that the user has over the same."""
    refuse(db, number, given)
    db.execute(
        insert(grant).values(
            account=number, role=int(given.role), team=given.team, environment=given.environment
        )
    )


def refuse(db: Connection, number: int, given: Grant) -> bool:
    """Take back the role over what the grant names; whether there was one."""
    same = (grant.c.account == number, grant.c.team == given.team, grant.c.environment == given.environment)
    return db.execute(delete(grant).where(*same)).rowcount > 0


def allow_only(db: Connection, number: int, given: Iterable[Grant]) -> None:
    """Give a user these roles and no others."""
    db.execute(delete(grant).where(grant.c.account == number))
    for one in given:
        allow(db, number, one)


def administrators(db: Connection) -> int:
    """How many users that are not disabled are administrators of everything."""
    over_all = and_(grant.c.role == int(Role.ADMIN), grant.c.team == 0, grant.c.environment == 0)
    joined = grant.join(user, user.c.id == grant.c.account)
    counted = select(func.count()).select_from(joined).where(over_all, user.c.disabled.is_(False))
    return int(db.execute(counted).scalar() or 0)


def user_of(row: Row[Any]) -> User:
    return User(
        id=row.id, name=row.name, hash=row.hash, issuer=row.issuer, subject=row.subject, disabled=row.disabled,
        must_change=row.must_change, created=row.created, seen=row.seen,
    )  # fmt: skip


def _columns(one: User) -> dict[str, object]:
    return {
        "name": one.name, "hash": one.hash, "issuer": one.issuer, "subject": one.subject, "disabled": one.disabled,
        "must_change": one.must_change, "created": one.created, "seen": one.seen,
    }  # fmt: skip

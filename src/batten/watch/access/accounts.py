"""Users, what they are granted, and their tokens: each act with its row in the audit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from batten.watch.access import passwords
from batten.watch.access.ids import HINT, digest, random_token
from batten.watch.access.scopes import Scope
from batten.watch.model import Caller, Grant, Role, Token, User
from batten.watch.store import audit, sessions, tokens, users
from batten.watch.store.database import Database

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")
FIRST = "admin"


class AccessProblem(Exception):
    """What cannot be done; the sentence says why and what to do."""


def first_admin(database: Database, now: int) -> str:
    """The password of an administrator who is made because there is no user yet; "" where there is one. It is shown once, and
    must be changed at the first log-in."""
    with suppress(AccessProblem), database.begin() as db:  # another service that starts may be quicker
        if not users.exist(db):
            return add_user(db, "batten watch", FIRST, (Grant(Role.ADMIN),), now)
    return ""


def add_user(db: Connection, by: Caller | str, name: str, grants: Iterable[Grant], now: int) -> str:
    """The password for the first log-in of a new user. Raises AccessProblem."""
    if NAME.fullmatch(name) is None:
        raise AccessProblem(
            "a user's name has 1 to 64 letters, digits and . _ @ + -, and begins with a letter or digit"
        )
    password = passwords.generated()
    one = User(name=name, hash=passwords.hashed(password), must_change=True, created=now)
    if users.named(db, name) is not None:
        raise AccessProblem(f"there is a user {name} already; choose another name")
    try:
        number = users.add(db, one)
    except IntegrityError:  # another administrator was quicker
        raise AccessProblem(f"there is a user {name} already; choose another name") from None
    given = tuple(grants)
    for grant in given:
        users.allow(db, number, grant)
    audit.append(db, now, by, "user-added", name, data={"roles": told(given)})
    return password


def reset_password(db: Connection, by: Caller | str, user: User, now: int) -> str:
    """A password for the next log-in of a user, whose sessions end. Raises AccessProblem for one of a provider's."""
    if user.issuer:
        raise AccessProblem(f"{user.name} logs in with {user.issuer}; change the password there")
    password = passwords.generated()
    users.change(db, replace(user, hash=passwords.hashed(password), must_change=True))
    sessions.end_all(db, user.id)
    audit.append(db, now, by, "password-reset", user.name)
    return password


def disable(db: Connection, by: Caller | str, user: User, now: int) -> None:
    """Keep a user out: sessions end, tokens are refused. Raises AccessProblem for the last administrator."""
    with _an_administrator_stays(db):
        users.change(db, replace(user, disabled=True))
    sessions.end_all(db, user.id)
    audit.append(db, now, by, "user-disabled", user.name)


def enable(db: Connection, by: Caller | str, user: User, now: int) -> None:
    """Let a user in again."""
    users.change(db, replace(user, disabled=False))
    audit.append(db, now, by, "user-enabled", user.name)


def grant(db: Connection, by: Caller | str, user: User, given: Grant, now: int) -> None:
    """Give a user a role over something. Raises AccessProblem where that would leave no administrator."""
    with _an_administrator_stays(db):
        users.allow(db, user.id, given)
    audit.append(db, now, by, "role-granted", user.name, given.environment, {"role": told([given])})


def revoke(db: Connection, by: Caller | str, user: User, given: Grant, now: int) -> None:
    """Take a role back. Raises AccessProblem where there is none, or it is the last administrator's."""
    with _an_administrator_stays(db):
        if not users.refuse(db, user.id, given):
            raise AccessProblem(f"{user.name} has no role there")
    audit.append(db, now, by, "role-revoked", user.name, given.environment, {"role": told([given])})


def create_token(db: Connection, by: Caller, one: Token, now: int) -> str:
    """A new token of `one.user`; it is shown once. Raises AccessProblem."""
    if not one.name.isprintable() or not 0 < len(one.name) <= 64:
        raise AccessProblem("a token's name has 1 to 64 characters")
    if not one.scopes or not set(one.scopes) <= {s.value for s in Scope}:
        raise AccessProblem(f"a token has scopes out of {', '.join(s.value for s in Scope)}")
    if one.expires is not None and one.expires <= now:
        raise AccessProblem("the token would have expired already; choose a later day")
    sent = random_token()
    tokens.add(db, digest(sent), replace(one, hint=sent[:HINT], created=now))
    said = {"scopes": " ".join(one.scopes), **_over(one.team, one.environment)}
    audit.append(db, now, by, "token-created", f"{one.name} {sent[:HINT]}", one.environment, said)
    return sent


def revoke_token(db: Connection, by: Caller, one: Token, now: int) -> None:
    """End a token."""
    tokens.remove(db, one.id)
    audit.append(db, now, by, "token-revoked", f"{one.name} {one.hint}", one.environment)


@contextmanager
def _an_administrator_stays(db: Connection) -> Iterator[None]:
    before = users.administrators(db)
    yield
    if before and not users.administrators(db):
        raise AccessProblem("it is the last administrator of everything; make another one first")


def told(grants: Iterable[Grant]) -> str:
    """Roles as the audit names them."""
    return ", ".join(" ".join((g.role.label, *_over(g.team, g.environment).values())) for g in grants)


def _over(team: int, environment: int) -> dict[str, str]:
    return ({"team": f"team {team}"} if team else {}) | (
        {"environment": f"environment {environment}"} if environment else {}
    )

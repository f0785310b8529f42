"""Users and their roles over the API: for administrators of everything."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection

from batten.watch.access import accounts
from batten.watch.api import may
from batten.watch.api.asked import Asked, Reply
from batten.watch.api.problems import ApiProblem, missing
from batten.watch.api.session import CallerGrant, grant_of
from batten.watch.api.wire import Shown, shown
from batten.watch.model import Grant, Role, User
from batten.watch.store import users

BASE = "/api/v1/users"


class NewUser(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    grants: list[CallerGrant] = []


def list_users(db: Connection, asked: Asked) -> Reply:
    """All users, by name."""
    may.everything(asked, Role.ADMIN)
    return Reply(body=shown("UserList", items=[_shown(db, one) for one in users.every(db)]))


def create_user(db: Connection, asked: Asked) -> Reply:
    """A new user with a password for the first log-in."""
    may.everything(asked, Role.ADMIN)
    wanted = asked.decoded(NewUser)
    if users.named(db, wanted.name) is not None:
        raise ApiProblem(409, f"there is a user {wanted.name} already; choose another name")
    grants = [grant_of(db, one) for one in wanted.grants]
    password = accounts.add_user(db, asked.caller, wanted.name, grants, asked.now)
    made = users.named(db, wanted.name)
    assert made is not None
    body = shown("NewPassword", user=made.id, name=made.name, password=password)
    return Reply(status=201, body=body, headers={"Location": f"{BASE}/{made.id}"}, secret=True)


def read_user(db: Connection, asked: Asked) -> Reply:
    """One user."""
    return Reply(body=_shown(db, _found(db, asked)))


def disable_user(db: Connection, asked: Asked) -> Reply:
    """Keep a user out."""
    one = _found(db, asked)
    if not one.disabled:
        accounts.disable(db, asked.caller, one, asked.now)
    return read_user(db, asked)


def enable_user(db: Connection, asked: Asked) -> Reply:
    """Admit a user again."""
    one = _found(db, asked)
    if one.disabled:
        accounts.enable(db, asked.caller, one, asked.now)
    return read_user(db, asked)


def reset_password(db: Connection, asked: Asked) -> Reply:
    """A new password for the next log-in."""
    one = _found(db, asked)
    password = accounts.reset_password(db, asked.caller, one, asked.now)
    return Reply(body=shown("NewPassword", user=one.id, name=one.name, password=password), secret=True)


def grant_role(db: Connection, asked: Asked) -> Reply:
    """Give a user a role."""
    one, given = _found(db, asked), grant_of(db, asked.decoded(CallerGrant))
    accounts.grant(db, asked.caller, one, given, asked.now)
    return read_user(db, asked)


def revoke_role(db: Connection, asked: Asked) -> Reply:
    """Take a user's role over something."""
    one = _found(db, asked)
    given = Grant(Role.VIEWER, asked.whole("team"), asked.whole("environment"))
    accounts.revoke(db, asked.caller, one, given, asked.now)
    return read_user(db, asked)


def _found(db: Connection, asked: Asked) -> User:
    may.everything(asked, Role.ADMIN)
    found = users.find(db, asked.number("user"))
    return missing("user") if found is None else found


def _shown(db: Connection, one: User) -> Shown:
    return shown("User", one, provider=one.issuer, grants=users.grants(db, one.id))

"""Tokens over the API: the caller's own, and those of all users for administrators of everything."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection

from batten.watch.access import accounts
from batten.watch.api import may, times
from batten.watch.api.asked import Asked, Reply
from batten.watch.api.problems import ApiProblem, missing
from batten.watch.api.wire import shown
from batten.watch.model import Role, Token
from batten.watch.store import tokens

BASE = "/api/v1/tokens"


class NewToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    scopes: list[str]
    team: int = 0
    environment: int = 0
    expires: datetime | None = None


def list_tokens(db: Connection, asked: Asked) -> Reply:
    """The newest first."""
    of = 0 if may.has(asked, Role.ADMIN) else asked.caller.user
    return Reply(body=shown("TokenList", items=tokens.every(db, of)))


def create_token(db: Connection, asked: Asked) -> Reply:
    """A new token of the user in whose session it is asked for."""
    if asked.caller.token or not asked.caller.user:
        raise ApiProblem(403, "a token cannot create tokens; log in to create one")
    wanted = asked.decoded(NewToken)
    if wanted.environment:
        may.environment(db, asked, wanted.environment)
    expires = None if wanted.expires is None else times.milliseconds(wanted.expires)
    one = Token(
        name=wanted.name, user=asked.caller.user, scopes=tuple(wanted.scopes), team=wanted.team,
        environment=wanted.environment, expires=expires,
    )  # fmt: skip
    sent = accounts.create_token(db, asked.caller, one, asked.now)
    number = max(kept.id for kept in tokens.every(db, asked.caller.user))
    return Reply(
        status=201,
        body=shown("NewSecret", id=number, token=sent),
        headers={"Location": f"{BASE}/{number}"},
        secret=True,
    )


def revoke_token(db: Connection, asked: Asked) -> Reply:
    """End a token."""
    found = tokens.one(db, asked.number("number"))
    if found is None or (found.user != asked.caller.user and not may.has(asked, Role.ADMIN)):
        missing("token")
    accounts.revoke_token(db, asked.caller, found, asked.now)
    return Reply(status=204)

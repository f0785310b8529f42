"""Who the caller is."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection

from batten.watch.api.asked import Asked, Reply


class CallerGrant(msgspec.Struct, frozen=True, kw_only=True):
    role: str
    team: int
    environment: int


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    user: int
    token: int
    scopes: list[str] | None
    grants: list[CallerGrant]


def read_caller(db: Connection, asked: Asked) -> Reply:
    """The caller's own name, scopes and grants."""
    caller = asked.caller
    grants = [CallerGrant(role=g.role.label, team=g.team, environment=g.environment) for g in caller.grants]
    scopes = None if caller.scopes is None else sorted(caller.scopes)
    shown = Caller(name=caller.name, user=caller.user, token=caller.token, scopes=scopes, grants=grants)
    return Reply(body=shown)

"""Who the caller is."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection

from batten.watch.api.asked import Asked, Reply
from batten.watch.api.problems import ApiProblem
from batten.watch.api.wire import shown
from batten.watch.model import SERVICE, Grant, Role
from batten.watch.store import environments, teams


class CallerGrant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    role: str
    team: int
    environment: int


def read_caller(db: Connection, asked: Asked) -> Reply:
    """The caller's own name, scopes and grants."""
    caller = asked.caller
    scopes = None if caller.scopes is None else sorted(caller.scopes)
    return Reply(body=shown("Caller", caller, scopes=scopes))


def grant_of(db: Connection, given: CallerGrant) -> Grant:
    """A grant that a client asks for. Raises ApiProblem where there is no such role, team or environment."""
    if given.team and given.environment:
        raise ApiProblem(422, "a role is over a team or over an environment; name one of them")
    if given.team and not teams.known(db, given.team):
        raise ApiProblem(422, f"there is no team {given.team}")
    if given.environment and environments.find(db, SERVICE, given.environment) is None:
        raise ApiProblem(422, f"there is no environment {given.environment}")
    return Grant(Role[given.role.upper()], given.team, given.environment)

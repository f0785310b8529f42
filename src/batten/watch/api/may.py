"""Whether the caller may do what an operation does, and the same answer for what is another's and what is not there."""

from __future__ import annotations

from sqlalchemy import Connection

from batten.watch.api.asked import Asked
from batten.watch.api.problems import ApiProblem, missing
from batten.watch.model import Environment, Role
from batten.watch.store import environments


def environment(
    db: Connection, asked: Asked, number: int, role: Role = Role.VIEWER, what: str = "environment"
) -> Environment:
    """An environment over which the caller has the role; with more than a viewer's, nobody else changes it meanwhile. Raises
    ApiProblem: 404 unseen, 403 seen without the role; `what` is what the caller asked for."""
    found = environments.find(db, asked.caller, number, role, locked=role is not Role.VIEWER)
    if found is not None:
        return found
    if role is not Role.VIEWER and environments.find(db, asked.caller, number) is not None:
        refuse(role)
    missing(what)


def of_team(asked: Asked, team: int, role: Role) -> None:
    """Raises ApiProblem unless the caller has the role over a team, or over everything."""
    if not any(g.role >= role and not g.environment and g.team in (0, team) for g in asked.caller.grants):
        refuse(role)


def everything(asked: Asked, role: Role) -> None:
    """Raises ApiProblem unless the caller has the role over everything."""
    if not has(asked, role):
        refuse(role)


def has(asked: Asked, role: Role) -> bool:
    """Whether the caller has the role over everything."""
    return any(g.role >= role and not g.environment and not g.team for g in asked.caller.grants)


def refuse(role: Role) -> None:
    """Raises ApiProblem (403)."""
    raise ApiProblem(403, f"it requires the role {role.label}")

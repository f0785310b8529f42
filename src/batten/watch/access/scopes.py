"""What a caller may do: a scope each, the role that it takes, and where."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from sqlalchemy import Connection

from batten.watch.model import Caller, Grant, Role
from batten.watch.store import environments


class Scope(Enum):
    """A kind of act. A token lists its own, and none includes another."""

    READ = "read"
    RUN = "run"  # assess now, cancel, pause, resume
    PUSH = "push"  # bring results from CI
    WAIVE = "waive"
    ADMIN = "admin"

    @property
    def role(self) -> Role:
        """The least role that may."""
        match self:
            case Scope.READ:
                return Role.VIEWER
            case Scope.ADMIN:
                return Role.ADMIN
            case Scope.RUN | Scope.PUSH | Scope.WAIVE:
                return Role.OPERATOR


def permits(caller: Caller, scope: Scope) -> bool:
    """Whether the caller's token has the scope; a browser's session has all."""
    return caller.scopes is None or scope.value in caller.scopes


def may(db: Connection, caller: Caller, scope: Scope, environment: int) -> bool:
    """Whether the caller may do this in one environment. False, too, where there is none of this number."""
    return permits(caller, scope) and environments.find(db, caller, environment, scope.role) is not None


def may_anywhere(caller: Caller, scope: Scope) -> bool:
    """Whether there can be an environment in which the caller may do this."""
    return permits(caller, scope) and any(g.role >= scope.role for g in caller.grants)


def may_everywhere(caller: Caller, scope: Scope) -> bool:
    """Whether the caller may do this over everything: what users, the audit log and the service's settings take."""
    over_all = (g for g in caller.grants if not g.team and not g.environment)
    return permits(caller, scope) and any(g.role >= scope.role for g in over_all)


def administers(db: Connection, caller: Caller, team: int, environment: int) -> bool:
    """Whether the caller is an administrator of an environment, else of a team, else (both 0) of everything."""
    if may_everywhere(caller, Scope.ADMIN):
        return True
    if environment:
        return may(db, caller, Scope.ADMIN, environment)
    return bool(team) and Grant(Role.ADMIN, team) in caller.grants


def capped(grants: Iterable[Grant], scopes: Iterable[str]) -> tuple[Grant, ...]:
    """Grants with no more of a role than the scopes need."""
    roles = [Scope(s).role for s in scopes if s in _KNOWN]
    most = max(roles, default=None)
    return () if most is None else tuple(Grant(min(g.role, most), g.team, g.environment) for g in grants)


_KNOWN = frozenset(s.value for s in Scope)

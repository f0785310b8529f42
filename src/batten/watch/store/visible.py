"""Which environments a caller sees: the one condition of every question that people and programs ask."""

from __future__ import annotations

from sqlalchemy import ColumnElement, false, or_, select, true

from batten.watch.model import Caller, Role
from batten.watch.store.tables import environment


def seen_by(caller: Caller, role: Role = Role.VIEWER) -> ColumnElement[bool]:
    """A condition on `environment` rows: those over which the caller has the role."""
    grants = [g for g in caller.grants if g.role >= role]
    if any(not g.team and not g.environment for g in grants):
        return true()
    teams = [g.team for g in grants if g.team]
    single = [g.environment for g in grants if g.environment]
    if not grants:
        return false()
    return or_(environment.c.team.in_(teams), environment.c.id.in_(single))


def within(column: ColumnElement[int], caller: Caller, role: Role = Role.VIEWER) -> ColumnElement[bool]:
    """A condition on a table's column that names an environment."""
    condition = seen_by(caller, role)
    if isinstance(condition, type(true())):
        return true()
    return column.in_(select(environment.c.id).where(condition))

"""What is left of grants within one team or one environment, for tokens that are bound to it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from batten.watch.model import Grant
from batten.watch.store.tables import environment


def within_environment(db: Connection, grants: Sequence[Grant], number: int) -> tuple[Grant, ...]:
    """The widest role that the grants give over one environment, over it alone; nothing where there is none."""
    team = db.execute(select(environment.c.team).where(environment.c.id == number)).scalar()
    roles = [
        g.role
        for g in grants
        if team is not None and (_whole(g) or g.environment == number or (g.team and g.team == team))
    ]
    return (Grant(max(roles), environment=number),) if roles else ()


def within_team(db: Connection, grants: Sequence[Grant], team: int) -> tuple[Grant, ...]:
    """The widest role that the grants give over a team, and those that they give over single environments of it."""
    roles = [g.role for g in grants if _whole(g) or g.team == team]
    single = [g.environment for g in grants if g.environment]
    theirs = environment.c.id.in_(single), environment.c.team == team
    own = set(db.execute(select(environment.c.id).where(*theirs)).scalars()) if single else set()
    over_team = (Grant(max(roles), team=team),) if roles else ()
    return over_team + tuple(g for g in grants if g.environment in own)


def _whole(given: Grant) -> bool:
    return not given.team and not given.environment

"""Teams: whose environments are together."""

from __future__ import annotations

from sqlalchemy import Connection, select

from batten.watch.model import Caller, Team
from batten.watch.store.dialects import insert
from batten.watch.store.tables import environment, team
from batten.watch.store.visible import seen_by


def named(db: Connection, name: str) -> int:
    """The id of a team by its name; made where there is none."""
    wanted = select(team.c.id).where(team.c.name == name)
    found = db.execute(wanted).scalar()
    if found is None:
        db.execute(insert(db, team).values(name=name).on_conflict_do_nothing())
        found = db.execute(wanted).scalar_one()  # made here, or by another at the same time
    return int(found)


def known(db: Connection, number: int) -> bool:
    return db.execute(select(team.c.id).where(team.c.id == number)).first() is not None


def exists(db: Connection, name: str) -> bool:
    return db.execute(select(team.c.id).where(team.c.name == name)).first() is not None


def every(db: Connection, caller: Caller) -> list[Team]:
    """Teams that the caller has a grant over, or sees an environment of, by name."""
    whole = any(not g.team and not g.environment for g in caller.grants)
    seen = select(environment.c.team).where(seen_by(caller))
    condition = team.c.id.in_([g.team for g in caller.grants]) | team.c.id.in_(seen)
    rows = db.execute(select(team).where(condition) if not whole else select(team))
    return sorted((Team(row.id, row.name) for row in rows), key=lambda t: t.name)

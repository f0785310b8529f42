"""Teams: whose environments are together."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from batten.watch.model import Caller, Team
from batten.watch.store.tables import environment, team
from batten.watch.store.visible import seen_by


def named(db: Connection, name: str) -> int:
    """The id of a team by its name; made where there is none."""
    found = db.execute(select(team.c.id).where(team.c.name == name)).scalar()
    if found is not None:
        return int(found)
    key = db.execute(insert(team).values(name=name)).inserted_primary_key
    assert key is not None
    return int(key[0])


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

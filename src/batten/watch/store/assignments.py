"""What of the service the settings of which team may name."""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, select

from batten.watch.model import Asset, Assignment, Channel, Owned
from batten.watch.store.dialects import insert
from batten.watch.store.tables import assignment, environment, team


def add(db: Connection, one: Assignment) -> bool:
    """Assign something; False where it was so before."""
    row = {"asset": one.asset.value, "name": one.name, "team": one.team}
    return db.execute(insert(db, assignment).values(**row).on_conflict_do_nothing()).rowcount > 0


def remove(db: Connection, one: Assignment) -> bool:
    """Take something back; False where it was not assigned."""
    same = (
        assignment.c.asset == one.asset.value,
        assignment.c.name == one.name,
        assignment.c.team == one.team,
    )
    return db.execute(delete(assignment).where(*same)).rowcount > 0


def every(db: Connection) -> tuple[Assignment, ...]:
    """All of them, in the order of their kinds and names."""
    rows = db.execute(select(assignment))
    made = (Assignment(asset=Asset(row.asset), name=row.name, team=row.team) for row in rows)
    return tuple(sorted(made, key=lambda one: (one.asset.value, one.name, one.team)))


def owned(db: Connection, number: int) -> Owned:
    """What the settings of a team may name; 0: those of channels that report everything. With one team, or none, nothing has to
    be assigned."""
    teams = int(db.execute(select(func.count()).select_from(team)).scalar() or 0)
    return Owned(team=number, alone=number == 0 or teams < 2, assignments=every(db))


def owned_of(db: Connection, one: Channel) -> Owned:
    """What the settings of a channel may name: what its team's may, or its environment's."""
    if not one.environment:
        return owned(db, one.team)
    number = db.execute(select(environment.c.team).where(environment.c.id == one.environment)).scalar()
    return owned(db, int(number)) if number is not None else Owned()

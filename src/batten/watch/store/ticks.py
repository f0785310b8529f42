"""What a tick finds: environments that are due, that have no due time yet, and that were not assessed within their objective.

All of it in bounded batches; on PostgreSQL two that tick at once do not get the same rows.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, bindparam, false, func, select, true, update

from batten.model.record import record
from batten.watch.model import MINUTE, SECOND, Environment, Event, Happening
from batten.watch.store.environments import environment_of
from batten.watch.store.events import tell
from batten.watch.store.tables import environment

_known = func.coalesce(environment.c.assessed, environment.c.created)


@record
class Plan:
    """When an environment is due; None: not by itself."""

    environment: int
    due: int | None


def due(db: Connection, now: int, most: int) -> list[Environment]:
    """The environments whose time has come, those that wait longest first; theirs until the transaction ends."""
    return _taken(db, [environment.c.due <= now], most, environment.c.due)


def unplanned(db: Connection, now: int, most: int) -> list[Environment]:
    """Those that were changed since their due time was worked out, or whose due time is of a clock that was ahead."""
    new = _taken(db, [environment.c.planned.is_(None)], most, environment.c.id)
    if len(new) == most:
        return new
    return new + _taken(db, [environment.c.planned > now + SECOND], most - len(new), environment.c.id)


def plan(db: Connection, plans: Iterable[Plan], now: int) -> None:
    """Write due times, worked out at `now`."""
    rows = [{"number": one.environment, "next": one.due} for one in plans]
    if rows:
        changed = update(environment).where(environment.c.id == bindparam("number"))
        db.execute(changed.values(due=bindparam("next"), planned=now), rows)


def objectives(db: Connection, now: int, most: int) -> list[Event]:
    """Report, once each, the environments that were not assessed within their objective, and those that are again. A paused
    one stays as it is. What a clock that was ahead has dated is dated now."""
    ahead = environment.c.assessed > now + MINUTE
    db.execute(update(environment).where(ahead).values(assessed=now))
    late = _known < now - environment.c.objective
    counts = [environment.c.paused == false(), environment.c.objective > 0]
    over = _marked(db, [*counts, environment.c.overdue == false(), late], True, most)
    again = _marked(db, [*counts, environment.c.overdue == true(), ~late], False, most)
    events = [_event(one, Happening.OVERDUE, now) for one in over]
    events += [_event(one, Happening.ON_TIME, now) for one in again]
    tell(db, events)
    return events


def silent(db: Connection, now: int) -> list[int]:
    """The paused environments that were not assessed within their objective, by id."""
    late = _known < now - environment.c.objective
    found = select(environment.c.id).where(environment.c.paused == true(), environment.c.objective > 0, late)
    return [row.id for row in db.execute(found.order_by(environment.c.id))]


def _taken(
    db: Connection, conditions: list[ColumnElement[bool]], most: int, order: ColumnElement[int]
) -> list[Environment]:
    """`key_share`: a run of the environment can be queued meanwhile, which would otherwise wait here while we wait for it."""
    wanted = select(environment).where(*conditions).order_by(order).limit(most)
    locked = wanted.with_for_update(skip_locked=True, key_share=True)
    return [environment_of(row) for row in db.execute(locked)]


def _marked(
    db: Connection, conditions: list[ColumnElement[bool]], over: bool, most: int
) -> list[Environment]:
    found = _taken(db, conditions, most, environment.c.id)
    marked = update(environment).where(environment.c.id.in_([one.id for one in found]))
    db.execute(marked.values(overdue=over))
    return found


def _event(one: Environment, what: Happening, now: int) -> Event:
    """`since` is when it was assessed last (milliseconds), "" where it never was."""
    since = "" if one.assessed is None else str(one.assessed)
    return Event(
        at=now, what=what, environment=one.id, data={"since": since, "objective": str(one.objective)}
    )

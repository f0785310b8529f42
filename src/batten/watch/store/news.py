"""Events with what alerts say of them: the finding, its environment, whether its cause stands elsewhere there."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from batten.model import Severity
from batten.model.record import record
from batten.watch.model import Channel, Happening, LifeState
from batten.watch.store.rows import by_name
from batten.watch.store.tables import environment, event, life, waiver
from batten.watch.store.waivers import accepts, in_effect


@record(kw_only=True)
class News:
    """One event. What is of a finding is "" or None for events of an environment."""

    id: int
    at: int
    what: Happening
    environment: int
    name: str  # service/stage
    life: int
    cause: str
    control: str
    severity: Severity | None
    message: str
    place: str
    detail: str  # what the event itself says: an error, a deployment


def old_enough(db: Connection, of: Channel, now: int, before: int) -> int:
    """The last event before the first one that a channel has not read and that is younger than `before`: ids follow the order in which
    transactions ended, times do not. What a clock that was ahead has dated later than `now` counts as old."""
    unread = event.c.id > of.read
    young = select(func.min(event.c.id)).where(unread, event.c.at > before, event.c.at <= now)
    first = db.execute(young).scalar()
    last = select(func.max(event.c.id)).where(unread, *([event.c.id < first] if first is not None else []))
    return db.execute(last).scalar() or of.read


def news(db: Connection, of: Channel, now: int, until: int, most: int = 500) -> list[News]:
    """Events that a channel has not read, up to one, in their order: of its environments, findings of its severity that
    count and are not waived."""
    places = _places(of)
    waived = select(waiver.c.id).where(accepts(), in_effect(now)).exists()
    told = or_(event.c.life == 0, and_(life.c.severity >= int(of.severity), life.c.counts, ~waived))
    rows = db.execute(
        select(event, environment.c.service, environment.c.stage, life.c.cause, life.c.message, life.c.place,
               life.c.severity.label("weight"), life.c.control.label("slug"))
        .join(environment, environment.c.id == event.c.environment)
        .outerjoin(life, life.c.id == event.c.life)
        .where(event.c.id > of.read, event.c.id <= until, event.c.what.in_([h.value for h in _TOLD]), told, places)
        .order_by(event.c.id)
        .limit(most)
    )  # fmt: skip
    return [
        News(
            id=row.id, at=row.at, what=Happening(row.what), environment=row.environment, name=f"{row.service}/{row.stage}",
            life=row.life, cause=row.cause or "", control=row.slug or row.control, message=row.message or "",
            severity=None if row.weight is None else Severity(row.weight), place=row.place or "",
            detail=by_name(row.data).get("why", ""),
        )
        for row in rows
    ]  # fmt: skip


_TOLD = (
    Happening.FINDING_NEW, Happening.FINDING_REGRESSED, Happening.FINDING_WORSE, Happening.FINDING_FIXED,
    Happening.FINDING_UNKNOWN, Happening.OVERDUE, Happening.ON_TIME, Happening.RUN_FAILED, Happening.RUN_DONE,
    Happening.WAIVER_ENDING, Happening.WAIVER_ENDED, Happening.WAIVER_UNUSED, Happening.VALUE_CHANGED,
)  # fmt: skip


def standing(db: Connection, pairs: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """How many places of a cause stand in an environment, by cause and environment; what has none is left out."""
    wanted = set(pairs)
    if not wanted:
        return {}
    rows = db.execute(
        select(life.c.cause, life.c.environment, func.count())
        .where(
            life.c.cause.in_({cause for cause, _ in wanted}),
            life.c.environment.in_({number for _, number in wanted}),
            life.c.state != LifeState.FIXED.value,
            life.c.counts,
        )
        .group_by(life.c.cause, life.c.environment)
    )
    return {(cause, number): count for cause, number, count in rows if (cause, number) in wanted}


def overdue(db: Connection, numbers: Iterable[int]) -> set[int]:
    """Which of these environments are overdue now."""
    rows = db.execute(
        select(environment.c.id).where(environment.c.id.in_(list(numbers)), environment.c.overdue)
    )
    return {number for (number,) in rows}


def _places(of: Channel) -> ColumnElement[bool]:
    if of.environment:
        return environment.c.id == of.environment
    return environment.c.team == of.team if of.team else environment.c.id > 0

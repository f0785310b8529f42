"""What to do first: the causes of what stands open, over all environments that the caller sees, the worst first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, case, func, select

from batten.engine.causes import summed_up
from batten.model import Severity
from batten.model.record import record
from batten.watch.model import Caller, LifeState
from batten.watch.store.questions.evidence import detail_of
from batten.watch.store.questions.families import family_of, title_of
from batten.watch.store.questions.filters import ALL, Filter, lives
from batten.watch.store.questions.wheres import Where, by_name, production, where_of, wheres
from batten.watch.store.tables import environment, life

_NAMED = 12  # environments of a cause that are named
_TOLD = 200  # places of a cause whose sentences are made one
_REACH = {2: True, 1: None, 0: False}


@record(kw_only=True)
class First:
    """One cause: what one change repairs. `message` is true of its places; `life` is the finding that stands for them; `environments`
    are the first twelve of `in_environments`, production first. `unknown` of its places could not be looked at the last time.
    `safety` is that of its fix (`batten.model.Safety`), "" where batten has none."""

    cause: str
    control: str
    case: str
    title: str
    family: str
    severity: Severity
    public: bool | None
    message: str
    advice: str
    places: int
    unknown: int
    regressed: int
    in_environments: int
    environments: tuple[Where, ...]
    since: int
    safety: str
    life: int


@record(kw_only=True)
class Firsts:
    """The first causes in order; `more`: there are others after them."""

    causes: tuple[First, ...]
    more: bool


def first(db: Connection, caller: Caller, which: Filter = ALL, *, now: int, most: int = 10) -> Firsts:
    """What to do first: by severity, who can reach it, whether it is in production, in how many environments, and since when."""
    rows = _ranked(db, caller, which, now, most + 1)
    causes = tuple(_first(db, caller, replace(which, cause=row.cause), now, row) for row in rows[:most])
    return Firsts(causes=causes, more=len(rows) > most)


def _ranked(db: Connection, caller: Caller, which: Filter, now: int, most: int) -> Sequence[Row[Any]]:
    in_production = case((life.c.environment.in_(production(caller)), 1), else_=0)
    unknown = case((life.c.state == LifeState.UNKNOWN.value, 1), else_=0)
    columns = (
        life.c.cause,
        func.max(life.c.severity).label("severity"),
        func.max(_REACHED).label("reach"),
        func.max(in_production).label("production"),
        func.count(life.c.environment.distinct()).label("environments"),
        func.min(life.c.opened).label("opened"),
        func.count().label("places"),
        func.sum(unknown).label("unknown"),
        func.sum(life.c.regressed).label("regressed"),
    )
    found = select(*columns).where(*lives(caller, which, now)).group_by(life.c.cause).subquery()
    order = (
        found.c.severity.desc(),
        found.c.reach.desc(),
        found.c.production.desc(),
        found.c.environments.desc(),
        found.c.opened,
    )
    return db.execute(select(found).order_by(*order, found.c.cause).limit(most)).all()


def _first(db: Connection, caller: Caller, which: Filter, now: int, row: Row[Any]) -> First:
    """A cause whole: `which` is of it alone."""
    conditions = lives(caller, which, now)
    found = db.execute(select(life).where(*conditions).order_by(*_FOREMOST).limit(_TOLD)).all()
    lead = found[0]
    told = detail_of(db, lead.detail)
    return First(
        cause=row.cause, control=lead.control, case=lead.case, title=title_of(lead.control), family=family_of(lead.control),
        severity=Severity(row.severity), public=_REACH[row.reach], message=summed_up([one.message for one in found]),
        advice=told.advice, places=row.places, unknown=int(row.unknown), regressed=int(row.regressed),
        in_environments=row.environments, environments=_foremost(db, caller, conditions), since=row.opened,
        safety=told.fix.safety if told.fix is not None else "", life=lead.id,
    )  # fmt: skip


def _foremost(
    db: Connection, caller: Caller, conditions: list[ColumnElement[bool]], most: int = _NAMED
) -> tuple[Where, ...]:
    """The environments of lives, production first."""
    there = environment.c.id.in_(select(life.c.environment).where(*conditions))
    rows = db.execute(wheres(caller).where(there).order_by(*by_name(caller)).limit(most))
    return tuple(where_of(row) for row in rows)


_REACHED = case((life.c.public.is_(True), 2), (life.c.public.is_(None), 1), else_=0)
_FOREMOST = (life.c.severity.desc(), _REACHED.desc(), life.c.opened, life.c.id)

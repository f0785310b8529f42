"""What to do first: the causes of what stands open, over all environments that the caller sees, the worst first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
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
_TOLD = 50  # places of a cause whose sentences are made one
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
    """The first causes in order; `more`: there are others after them. `counts` are of all causes, by their worst severity, each
    severity named."""

    causes: tuple[First, ...]
    more: bool
    counts: Mapping[Severity, int]


def first(db: Connection, caller: Caller, which: Filter = ALL, *, now: int, most: int = 10) -> Firsts:
    """What to do first: by severity, who can reach it, whether it is in production, in how many environments, and since when."""
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
    ranked_found = select(*columns).where(*lives(caller, which, now)).group_by(life.c.cause).subquery()
    ranked_order = (
        ranked_found.c.severity.desc(),
        ranked_found.c.reach.desc(),
        ranked_found.c.production.desc(),
        ranked_found.c.environments.desc(),
        ranked_found.c.opened,
    )
    of_each = (
        func.sum(case((ranked_found.c.severity == int(one), 1), else_=0)).over().label(one.label)
        for one in Severity
    )
    rows = db.execute(
        select(ranked_found, *of_each).order_by(*ranked_order, ranked_found.c.cause).limit(most + 1)
    ).all()
    chosen = [*lives(caller, which, now), life.c.cause.in_([row.cause for row in rows[:most]])]
    # The first lives of each cause, those that stand for it first.
    order = (life.c.severity.desc(), _REACHED.desc(), life.c.opened, life.c.id)
    turn = func.row_number().over(partition_by=life.c.cause, order_by=order).label("turn")
    turns = select(life.c.id, turn).where(*chosen).subquery()
    found = (
        select(life).join(turns, turns.c.id == life.c.id).where(turns.c.turn <= _TOLD).order_by(turns.c.turn)
    )
    foremost, where = _by_cause(db.execute(found)), _where(db, caller, chosen)
    causes = tuple(_first(db, row, foremost[row.cause], where[row.cause]) for row in rows[:most])
    counts = {one: int(rows[0]._mapping[one.label]) if rows else 0 for one in reversed(Severity)}
    return Firsts(causes=causes, more=len(rows) > most, counts=counts)


def _where(db: Connection, caller: Caller, chosen: list[ColumnElement[bool]]) -> dict[str, list[Row[Any]]]:
    """The first environments of each cause, production first."""
    pairs = select(life.c.cause, life.c.environment).where(*chosen).distinct().subquery()
    turn = func.row_number().over(partition_by=pairs.c.cause, order_by=by_name(caller)).label("turn")
    there = (
        wheres(caller)
        .add_columns(pairs.c.cause, turn)
        .join(pairs, pairs.c.environment == environment.c.id)
        .subquery()
    )
    return _by_cause(db.execute(select(there).where(there.c.turn <= _NAMED).order_by(there.c.turn)))


def _by_cause(rows: Iterable[Row[Any]]) -> dict[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        found[row.cause].append(row)
    return found


def _first(db: Connection, row: Row[Any], found: Sequence[Row[Any]], where: Sequence[Row[Any]]) -> First:
    lead = found[0]
    told = detail_of(db, lead.detail)
    return First(
        cause=row.cause, control=lead.control, case=lead.case, title=title_of(lead.control), family=family_of(lead.control),
        severity=Severity(row.severity), public=_REACH[row.reach], message=summed_up([one.message for one in found]),
        advice=told.advice, places=row.places, unknown=int(row.unknown), regressed=int(row.regressed),
        in_environments=row.environments, environments=tuple(map(where_of, where)), since=row.opened,
        safety=told.fix.safety if told.fix is not None else "", life=lead.id,
    )  # fmt: skip


_REACHED = case((life.c.public.is_(True), 2), (life.c.public.is_(None), 1), else_=0)

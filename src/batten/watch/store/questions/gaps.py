"""What is not known: environments and controls of which nobody can say how they are now, since when, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    ScalarSelect,
    Select,
    and_,
    false,
    func,
    literal_column,
    or_,
    select,
)

from batten.model.record import record
from batten.watch.model import Caller, RunState, Side
from batten.watch.store.questions.families import title_of
from batten.watch.store.questions.filters import (
    ALL,
    EVERY,
    Filter,
    environments,
    lives,
    of_controls,
    of_environments,
)
from batten.watch.store.questions.wheres import Where, by_name, where_of, wheres
from batten.watch.store.rows import texts
from batten.watch.store.tables import environment, interval, life, run


@record(kw_only=True)
class Unjudged:
    """A control that was judged before and cannot be now."""

    side: Side
    control: str
    title: str
    since: int


@record(kw_only=True)
class Failed:
    """The last run of an environment, where it failed; `error` is its sentence."""

    run: int
    at: int
    error: str


@record(kw_only=True)
class Gap:
    """An environment of which something is not known. `assessed` None: it never was. `overdue`: longer ago than its objective
    allows. `findings` were open, and the last run could not look at them. `problems`: what that run did not read or reach."""

    environment: Where
    assessed: int | None
    objective: int
    overdue: bool
    paused: bool
    failed: Failed | None
    findings: int
    controls: tuple[Unjudged, ...]
    problems: tuple[str, ...]


@record(kw_only=True)
class Gaps:
    """The first gaps: never assessed, then overdue, then failed, each with production first. `count` is of all, `among` how many
    environments there are."""

    gaps: tuple[Gap, ...]
    count: int
    among: int


def gaps(db: Connection, caller: Caller, which: Filter = ALL, *, now: int, most: int = 50) -> Gaps:
    """What is not known, by environment."""
    late = _late(now)
    failed = _last_state() == RunState.FAILED.value
    unknown = or_(
        environment.c.id.in_(_unknown_findings(caller, which, now)),
        environment.c.id.in_(_unjudged(caller, which)),
    )
    gap = and_(*environments(caller, which), or_(environment.c.assessed.is_(None), late, failed, unknown))
    order = (environment.c.assessed.is_(None).desc(), late.desc(), failed.desc(), *by_name(caller))
    count = func.count().over().label("gaps")
    columns = (
        environment.c.assessed,
        environment.c.objective,
        environment.c.paused,
        late.label("late"),
        count,
    )
    rows = db.execute(wheres(caller).add_columns(*columns).where(gap).order_by(*order).limit(most)).all()
    ids = [row.id for row in rows]
    last, controls = _last(db, ids), _controls(db, ids, which)
    findings = _findings(db, caller, ids, which, now)
    made = (_gap(row, last.get(row.id), controls.get(row.id, ()), findings.get(row.id, 0)) for row in rows)
    among = db.execute(select(func.count()).select_from(environment).where(*environments(caller, which)))
    return Gaps(gaps=tuple(made), count=rows[0].gaps if rows else 0, among=among.scalar() or 0)


def _late(now: int) -> ColumnElement[bool]:
    """Not assessed within its objective: as the schedule noted, or as the clock says before it noted it."""
    return func.coalesce(
        or_(environment.c.overdue.is_(True), environment.c.assessed < now - environment.c.objective), false()
    )


def _ended() -> Select[Any]:
    """The runs of an environment that looked at it or tried to, the last first."""
    told = run.c.state.in_([RunState.DONE.value, RunState.FAILED.value])
    return select(run).where(run.c.environment == environment.c.id, told).order_by(run.c.id.desc())


def _last_state() -> ScalarSelect[str]:
    return _ended().with_only_columns(run.c.state).limit(1).correlate(environment).scalar_subquery()


def _unknown_findings(caller: Caller, which: Filter, now: int) -> Select[Any]:
    return select(life.c.environment).where(*_unknown_lives(caller, which, now))


def _unknown_lives(caller: Caller, which: Filter, now: int) -> list[ColumnElement[bool]]:
    conditions = lives(caller, replace(which, states=EVERY), now)
    return [*conditions, life.c.state == literal_column("'unknown'")]


def _unjudged(caller: Caller, which: Filter) -> Select[Any]:
    seen = of_environments(interval.c.environment, caller, which)
    return select(interval.c.environment).where(*seen, *_unknown_now(which))


def _unknown_now(which: Filter) -> list[ColumnElement[bool]]:
    """Of intervals: those that say now that nothing is known of a control of the filter."""
    now_unknown = [interval.c.status == literal_column("'unknown'"), interval.c.end.is_(None)]
    side = [] if which.side is None else [interval.c.side == which.side.value]
    return [*now_unknown, *side, *of_controls(interval.c.control, which)]


def _last(db: Connection, ids: Sequence[int]) -> dict[int, Row[Any]]:
    newest = _ended().with_only_columns(run.c.id).limit(1).correlate(environment).scalar_subquery()
    columns = (run.c.environment, run.c.id, run.c.state, run.c.ended, run.c.error, run.c.problems)
    found: Select[Any] = (
        select(*columns).join(environment, run.c.id == newest).where(environment.c.id.in_(ids))
    )
    return {row.environment: row for row in db.execute(found)}


def _controls(db: Connection, ids: Sequence[int], which: Filter) -> dict[int, list[Unjudged]]:
    found = select(interval).where(interval.c.environment.in_(ids), *_unknown_now(which))
    by_environment: dict[int, list[Unjudged]] = defaultdict(list)
    for row in db.execute(found.order_by(interval.c.start, interval.c.control, interval.c.side)):
        one = Unjudged(side=Side(row.side), control=row.control, title=title_of(row.control), since=row.start)
        by_environment[row.environment].append(one)
    return by_environment


def _findings(db: Connection, caller: Caller, ids: Sequence[int], which: Filter, now: int) -> dict[int, int]:
    conditions = _unknown_lives(caller, which, now)
    counted = select(life.c.environment, func.count()).where(life.c.environment.in_(ids), *conditions)
    return {row[0]: row[1] for row in db.execute(counted.group_by(life.c.environment))}


def _gap(row: Row[Any], last: Row[Any] | None, controls: Sequence[Unjudged], findings: int) -> Gap:
    failed = last is not None and last.state == RunState.FAILED.value
    return Gap(
        environment=where_of(row), assessed=row.assessed, objective=row.objective, overdue=bool(row.late), paused=row.paused,
        failed=Failed(run=last.id, at=last.ended or 0, error=last.error) if failed and last is not None else None,
        findings=findings, controls=tuple(controls), problems=texts(last.problems) if last is not None else (),
    )  # fmt: skip

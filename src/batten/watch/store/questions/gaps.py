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
    # Not assessed within its objective: as the schedule noted, or as the clock says before it noted it.
    late = func.coalesce(
        or_(environment.c.overdue.is_(True), environment.c.assessed < now - environment.c.objective), false()
    )
    failed = (
        _ended().with_only_columns(run.c.state).limit(1).correlate(environment).scalar_subquery()
        == RunState.FAILED.value
    )
    seen = of_environments(interval.c.environment, caller, which)
    unknown = or_(
        environment.c.id.in_(select(life.c.environment).where(*_unknown_lives(caller, which, now))),
        environment.c.id.in_(select(interval.c.environment).where(*seen, *_unknown_now(which))),
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
    newest = _ended().with_only_columns(run.c.id).limit(1).correlate(environment).scalar_subquery()
    last_columns = (run.c.environment, run.c.id, run.c.state, run.c.ended, run.c.error, run.c.problems)
    found: Select[Any] = (
        select(*last_columns).join(environment, run.c.id == newest).where(environment.c.id.in_(ids))
    )
    controls_found = select(interval).where(interval.c.environment.in_(ids), *_unknown_now(which))
    by_environment: dict[int, list[Unjudged]] = defaultdict(list)
    for controls_row in db.execute(
        controls_found.order_by(interval.c.start, interval.c.control, interval.c.side)
    ):
        one = Unjudged(
            side=Side(controls_row.side),
            control=controls_row.control,
            title=title_of(controls_row.control),
            since=controls_row.start,
        )
        by_environment[controls_row.environment].append(one)
    last, controls = {row.environment: row for row in db.execute(found)}, by_environment
    conditions = _unknown_lives(caller, which, now)
    counted = select(life.c.environment, func.count()).where(life.c.environment.in_(ids), *conditions)
    findings = {row[0]: row[1] for row in db.execute(counted.group_by(life.c.environment))}
    made = (_gap(row, last.get(row.id), controls.get(row.id, ()), findings.get(row.id, 0)) for row in rows)
    among = db.execute(select(func.count()).select_from(environment).where(*environments(caller, which)))
    return Gaps(gaps=tuple(made), count=rows[0].gaps if rows else 0, among=among.scalar() or 0)


def _ended() -> Select[Any]:
    """The runs of an environment that looked at it or tried to, the last first."""
    told = run.c.state.in_([RunState.DONE.value, RunState.FAILED.value])
    return select(run).where(run.c.environment == environment.c.id, told).order_by(run.c.id.desc())


def _unknown_lives(caller: Caller, which: Filter, now: int) -> list[ColumnElement[bool]]:
    conditions = lives(caller, replace(which, states=EVERY), now)
    return [*conditions, life.c.state == literal_column("'unknown'")]


def _unknown_now(which: Filter) -> list[ColumnElement[bool]]:
    """Of intervals: those that say now that nothing is known of a control of the filter."""
    now_unknown = [interval.c.status == literal_column("'unknown'"), interval.c.end.is_(None)]
    side = [] if which.side is None else [interval.c.side == which.side.value]
    return [*now_unknown, *side, *of_controls(interval.c.control, which)]


def _gap(row: Row[Any], last: Row[Any] | None, controls: Sequence[Unjudged], findings: int) -> Gap:
    failed = last is not None and last.state == RunState.FAILED.value
    return Gap(
        environment=where_of(row), assessed=row.assessed, objective=row.objective, overdue=bool(row.late), paused=row.paused,
        failed=Failed(run=last.id, at=last.ended or 0, error=last.error) if failed and last is not None else None,
        findings=findings, controls=tuple(controls), problems=texts(last.problems) if last is not None else (),
    )  # fmt: skip

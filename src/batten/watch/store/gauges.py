"""What is counted for metrics: one look at the tables that stand now, never at history."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, and_, case, func, literal_column, select

from batten.model import Severity
from batten.model.record import record
from batten.watch.model import RunState
from batten.watch.store.channels import backlog
from batten.watch.store.tables import environment, life, run, waiver
from batten.watch.store.waivers import accepts, in_effect

MOST = 2_000  # environments that have series of their own


@record(kw_only=True)
class Estate:
    """Environments by what is known of them; the oldest waiting run's time (ms), None where none waits."""

    environments: int
    overdue: int
    paused: int
    never: int  # were never assessed
    queued: int
    running: int
    oldest: int | None
    waivers: int
    unsent: int


@record(kw_only=True)
class Gauge:
    """One environment: when it was assessed (ms), its objective (ms), how many open findings it has of each severity."""

    service: str
    stage: str
    assessed: int | None
    objective: int
    overdue: bool
    paused: bool
    open: dict[Severity, int]


def estate(db: Connection, now: int) -> Estate:
    one = db.execute(
        select(
            func.count(),
            func.sum(case((environment.c.overdue, 1), else_=0)),
            func.sum(case((environment.c.paused, 1), else_=0)),
            func.sum(case((environment.c.assessed.is_(None), 1), else_=0)),
        ).select_from(environment)
    ).one()
    rows = db.execute(
        select(run.c.state, func.count()).where(run.c.state.in_(_PENDING)).group_by(run.c.state)
    )
    states = {str(state): int(count) for state, count in rows}
    oldest = select(func.min(run.c.queued)).where(run.c.state == RunState.QUEUED.value)
    active = select(func.count()).select_from(waiver).where(in_effect(now))
    return Estate(
        environments=one[0], overdue=one[1] or 0, paused=one[2] or 0, never=one[3] or 0,
        queued=states.get(RunState.QUEUED.value, 0), running=states.get(RunState.RUNNING.value, 0),
        oldest=db.execute(oldest).scalar(), waivers=db.execute(active).scalar() or 0, unsent=backlog(db),
    )  # fmt: skip


_PENDING = (RunState.QUEUED.value, RunState.RUNNING.value)


def open_by_severity(db: Connection, now: int) -> dict[Severity, int]:
    """Open findings that count and are not waived, over all environments."""
    rows = db.execute(select(life.c.severity, func.count()).where(_counted(now)).group_by(life.c.severity))
    return dict.fromkeys(Severity, 0) | {Severity(severity): count for severity, count in rows}


def gauges(db: Connection, now: int) -> list[Gauge]:
    """The first environments, by id; beyond MOST the totals alone are told."""
    chosen = db.execute(select(environment).order_by(environment.c.id).limit(MOST)).all()
    counted = db.execute(
        select(life.c.environment, life.c.severity, func.count())
        .where(_counted(now), life.c.environment <= (chosen[-1].id if chosen else 0))
        .group_by(life.c.environment, life.c.severity)
    )
    found: dict[int, dict[Severity, int]] = {}
    for number, severity, count in counted:
        found.setdefault(number, {})[Severity(severity)] = count
    return [
        Gauge(
            service=row.service, stage=row.stage, assessed=row.assessed, objective=row.objective, overdue=row.overdue,
            paused=row.paused, open=dict.fromkeys(Severity, 0) | found.get(row.id, {}),
        )
        for row in chosen
    ]  # fmt: skip


def _counted(now: int) -> ColumnElement[bool]:
    waived = select(waiver.c.id).where(accepts(), in_effect(now)).exists()
    return and_(life.c.state != literal_column("'fixed'"), life.c.counts, ~waived)

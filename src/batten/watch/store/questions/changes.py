"""What changed since a time: findings by cause and environment, and who deployed what in between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, func, literal_column, select

from batten.model import Severity
from batten.model.record import record
from batten.watch.model import DAY, Caller, Happening
from batten.watch.store.dialects import by_order
from batten.watch.store.events import event_of
from batten.watch.store.questions.families import family_of, title_of
from batten.watch.store.questions.filters import ALL, EVERY, Filter, lives, of_environments
from batten.watch.store.questions.wheres import Where, named
from batten.watch.store.tables import event, life

LONGEST = 31 * DAY  # how far back this question looks
# In the order in which people want to know.
FINDINGS = (
    Happening.FINDING_REGRESSED,
    Happening.FINDING_NEW,
    Happening.FINDING_WORSE,
    Happening.FINDING_UNKNOWN,
    Happening.FINDING_SEEN,
    Happening.FINDING_FIXED,
)
_DEPLOYMENTS = 200


@record(kw_only=True)
class Deployed:
    """What a webhook or CI said of a deployment; `name` and `commit` are its words."""

    at: int
    environment: Where
    by: str
    name: str
    commit: str


@record(kw_only=True)
class Changed:
    """What happened to findings of one cause in one environment. `life` stands for them; `at` is the latest time. `after` is
    the last deployment before it, where there was one in the time that was looked at."""

    what: Happening
    cause: str
    control: str
    title: str
    family: str
    severity: Severity
    message: str
    environment: Where
    findings: int
    at: int
    life: int
    after: Deployed | None


@record(kw_only=True)
class Changes:
    """`since` is where the answer begins: later than asked, where that was longer ago than LONGEST. `counts` are of all findings
    that changed; `changed` are the first, and `more` says that there are others."""

    since: int
    counts: Mapping[Happening, int]
    changed: tuple[Changed, ...]
    more: bool
    deployed: tuple[Deployed, ...]


def changes(
    db: Connection, caller: Caller, which: Filter = ALL, *, since: int, now: int, most: int = 50
) -> Changes:
    """What changed after `since`: by what it was (FINDINGS), then by severity, then the latest first."""
    since = max(since, now - LONGEST)
    # Of `event` joined to `life`: a finding that changed is listed, whether it stands now or is waived.
    every = replace(which, states=EVERY, waived=None, since=None)
    conditions_seen = of_environments(event.c.environment, caller, which)
    happened = event.c.what.in_([what.value for what in FINDINGS])
    # By time: SQLite would rather read all events of some environments.
    rows, counts = _grouped(
        db,
        [by_order(and_(*conditions_seen)), event.c.at > since, happened, *lives(caller, every, now)],
        most + 1,
    )
    seen = of_environments(event.c.environment, caller, which)
    told = select(event).where(*seen, event.c.at > since, event.c.what == literal_column("'deployed'"))
    latest = told.order_by(event.c.at.desc(), event.c.id.desc()).limit(_DEPLOYMENTS)
    deployments = [event_of(row) for row in db.execute(latest)]
    ids = {row.environment for row in rows} | {one.environment for one in deployments}
    wheres = named(db, caller, ids)
    deployed = tuple(
        Deployed(
            at=one.at,
            environment=wheres[one.environment],
            by=one.by,
            name=one.data.get("deployment", ""),
            commit=one.data.get("commit", ""),
        )
        for one in deployments
    )
    sentences = _sentences(db, [row.life for row in rows[:most]])
    return Changes(
        since=since,
        counts=counts,
        changed=tuple(_changed(row, sentences[row.life], wheres, deployed) for row in rows[:most]),
        more=len(rows) > most,
        deployed=deployed,
    )


def _grouped(
    db: Connection, conditions: list[ColumnElement[bool]], most: int
) -> tuple[Sequence[Row[Any]], dict[Happening, int]]:
    """The first groups of events, and how many events there are of each kind. Events are read once for both."""
    columns = (
        event.c.what,
        life.c.cause,
        event.c.environment,
        func.max(life.c.severity).label("severity"),
        func.count().label("findings"),
        func.max(event.c.at).label("at"),
        func.max(life.c.id).label("life"),
    )
    joined = select(*columns).select_from(event.join(life, life.c.id == event.c.life)).where(*conditions)
    groups = joined.group_by(event.c.what, life.c.cause, event.c.environment).cte("groups")
    every = func.sum(groups.c.findings).over(partition_by=groups.c.what).label("every")
    ranks = {what.value: rank for rank, what in enumerate(FINDINGS)}
    order = (groups.c.severity.desc(), groups.c.at.desc(), groups.c.cause, groups.c.environment)
    turn = func.row_number().over(partition_by=groups.c.what, order_by=order).label("turn")
    turns = select(groups, every, turn).subquery()
    first = select(turns).where(turns.c.turn <= most).order_by(case(ranks, value=turns.c.what), turns.c.turn)
    rows = db.execute(first).all()
    return rows[:most], {Happening(row.what): int(row.every) for row in rows}


def _sentences(db: Connection, ids: Iterable[int]) -> dict[int, Row[Any]]:
    columns = (life.c.id, life.c.control, life.c.message)
    told: Select[Any] = select(*columns).where(life.c.id.in_(list(ids)))
    return {row.id: row for row in db.execute(told)}


def _changed(
    row: Row[Any], said: Row[Any], wheres: Mapping[int, Where], deployed: Sequence[Deployed]
) -> Changed:
    before = (d for d in deployed if d.environment.id == row.environment and d.at <= row.at)
    return Changed(
        what=Happening(row.what), cause=row.cause, control=said.control, title=title_of(said.control),
        family=family_of(said.control), severity=Severity(row.severity), message=said.message,
        environment=wheres[row.environment], findings=row.findings, at=row.at, life=row.life,
        after=max(before, key=lambda d: d.at, default=None),
    )  # fmt: skip

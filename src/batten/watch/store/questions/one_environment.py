"""One environment: what is declared, observed and intended, side by side, a control a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from batten.model import Severity
from batten.model.record import record
from batten.watch.ledger.figures import Figures, Share
from batten.watch.model import DAY, Caller, Environment, LifeState, Run, Side, Status
from batten.watch.store import environments, figures, runs
from batten.watch.store.questions.families import family_of, title_of
from batten.watch.store.questions.filters import standing, waived_lives
from batten.watch.store.questions.parity import Behind, behind_of
from batten.watch.store.questions.wheres import Where, named
from batten.watch.store.tables import life, proof, waiver
from batten.watch.store.waivers import in_effect

_RUNS = 20


@record(kw_only=True)
class Posture:
    """One control on one side. `status` None: it was never judged there. `since`: it has been so since then; `held_since`: it has
    held since then, as far as is known; `proved`: the last time at which it was known; `share`, `fixes` (after `mean_to_fix`
    milliseconds on average) and how many findings `regressed`: of the time that was asked about; `worst` of the `open` findings that
    are not waived, and `waived` of the others."""

    status: Status | None = None
    since: int | None = None
    held_since: int | None = None
    proved: int | None = None
    share: Share = Share()
    fixes: int = 0
    mean_to_fix: int | None = None
    regressed: int = 0
    open: int = 0
    unknown: int = 0
    waived: int = 0
    worst: Severity | None = None


@record(kw_only=True)
class Line:
    """One control. It is intended to hold, unless the environment declares that it may fall behind (`difference`); waivers accept
    some of its findings until a day, the first of which to end is `waived_until`."""

    control: str
    title: str
    family: str
    declared: Posture
    observed: Posture
    difference: bool
    waived_until: int | None

    @property
    def deviates(self) -> bool:
        """Whether what files declare and what the running system shows are known, and differ."""
        known = {self.declared.status, self.observed.status}
        return known == {Status.HOLDS, Status.BROKEN}


@record(kw_only=True)
class Whole:
    """An environment. `lines` are worst first; `proofs`: up to when each side is known; `runs`: the newest first. `behind` None: it is
    the first stage of its service that the caller sees."""

    where: Where
    environment: Environment
    lines: tuple[Line, ...]
    proofs: Mapping[Side, int]
    runs: tuple[Run, ...]
    since: int
    behind: Behind | None


def one(db: Connection, caller: Caller, number: int, *, now: int, days: int = 30) -> Whole | None:
    """The environment of that id with shares of the last `days`; None where there is none, or it is another's."""
    known = environments.find(db, caller, number)
    if known is None:
        return None
    since = now - min(max(days, 1), 366) * DAY
    return Whole(
        where=named(db, caller, [number])[number],
        environment=known,
        lines=_lines(db, known, since, now),
        proofs={
            Side(row.side): row.at for row in db.execute(select(proof).where(proof.c.environment == number))
        },
        runs=tuple(runs.every(db, caller, number, most=_RUNS)),
        since=since,
        behind=behind_of(db, caller, number, now=now),
    )


_Key = tuple[str, str]  # a control and a side


def _lines(db: Connection, of: Environment, since: int, now: int) -> tuple[Line, ...]:
    known = figures.of_environment(db, of.id, since, now)
    first = select(waiver.c.control, func.min(waiver.c.until)).where(
        waiver.c.environment == of.id, in_effect(now)
    )
    found, until = (
        _found(db, of.id, now),
        {row[0]: row[1] for row in db.execute(first.group_by(waiver.c.control))},
    )
    slugs = {slug for _, slug in known} | {slug for slug, _ in found}

    def posture(slug: str, side: Side) -> Posture:
        posture_known = known.get((side, slug), Figures())
        posture_found = found.get((slug, side.value))
        return Posture(
            status=posture_known.status,
            since=posture_known.since,
            held_since=posture_known.held_since,
            proved=posture_known.proved,
            share=posture_known.share,
            fixes=posture_known.fixes,
            mean_to_fix=posture_known.mean_to_fix,
            regressed=posture_known.regressed,
            open=posture_found.open if posture_found is not None else 0,
            unknown=posture_found.unknown if posture_found is not None else 0,
            waived=posture_found.waived if posture_found is not None else 0,
            worst=Severity(posture_found.worst)
            if posture_found is not None and posture_found.worst is not None
            else None,
        )

    lines = [
        Line(
            control=slug, title=title_of(slug), family=family_of(slug), declared=posture(slug, Side.DECLARED),
            observed=posture(slug, Side.OBSERVED), difference=slug in of.differences, waived_until=until.get(slug),
        )
        for slug in slugs
    ]  # fmt: skip
    return tuple(sorted(lines, key=_order))


def _order(line: Line) -> tuple[object, ...]:
    sides = line.declared, line.observed
    worst = max((int(side.worst) for side in sides if side.worst is not None), default=-1)
    broken = any(side.status is Status.BROKEN for side in sides)
    unknown = any(side.status is Status.UNKNOWN for side in sides)
    return -worst, not broken, not unknown, line.family, line.control


def _found(db: Connection, number: int, now: int) -> dict[_Key, Row[Any]]:
    """Findings that stand and break their control, by control and side; those that are accepted where they were found are as if
    waived."""
    waived = or_(~life.c.counts, life.c.id.in_(waived_lives(now).where(waiver.c.environment == number)))
    columns = (
        life.c.control,
        life.c.side,
        func.count().filter(~waived).label("open"),
        func.count().filter(~waived, life.c.state == LifeState.UNKNOWN.value).label("unknown"),
        func.count().filter(waived).label("waived"),
        func.max(life.c.severity).filter(~waived).label("worst"),
    )
    found: Any = select(*columns).where(life.c.environment == number, standing(), life.c.breaks.is_(True))
    rows = db.execute(found.group_by(life.c.control, life.c.side))
    return {(row.control, row.side): row for row in rows}

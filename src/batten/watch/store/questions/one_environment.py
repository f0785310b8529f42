"""One environment: what is declared, observed and intended, side by side, a control a line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from batten.model import Severity
from batten.model.record import record
from batten.watch.ledger.figures import Figures, Share, figures
from batten.watch.ledger.intervals import Ruled
from batten.watch.model import DAY, Caller, Environment, Interval, LifeState, Run, Side, Span, Status
from batten.watch.store import environments, intervals, proofs, runs
from batten.watch.store.questions.families import family_of, title_of
from batten.watch.store.questions.filters import standing, waived_lives
from batten.watch.store.questions.parity import Behind, behind_of
from batten.watch.store.questions.wheres import Where, named
from batten.watch.store.tables import interval, life, proof, span, waiver
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
    known = figures_of(db, of.id, since, now)
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


def figures_of(db: Connection, number: int, since: int, now: int) -> dict[Ruled, Figures]:
    """The figures of each control of which anything was known since a time, or is known now."""
    # The intervals that reach into the time, in their order.
    reaching = or_(interval.c.end.is_(None), interval.c.end > since)
    rows = select(interval).where(interval.c.environment == number, reaching).order_by(interval.c.start)
    lasting_found: dict[Ruled, list[Interval]] = defaultdict(list)
    for one in map(intervals.interval_of, db.execute(rows)):
        lasting_found[one.side, one.control].append(one)
    # Until when each control was known before the time.
    known = interval.c.status.in_([Status.HOLDS.value, Status.BROKEN.value])
    last: Any = select(interval.c.side, interval.c.control, func.max(interval.c.end)).where(
        interval.c.environment == number, interval.c.end <= since, known
    )
    earlier_rows = db.execute(last.group_by(interval.c.side, interval.c.control))
    lasting, earlier = lasting_found, {(Side(side), control): at for side, control, at in earlier_rows}
    times, proved = _times(db, number, since), proofs.of(db, number)
    made = {}
    for key, found in lasting.items():
        proof = proved.get(key[0])
        at = proof.at if proof is not None else None
        made[key] = figures(found, times.get(key, ()), at, since, now, earlier.get(key))
    return made


def _times(db: Connection, number: int, since: int) -> dict[Ruled, list[Span]]:
    """The times open which reach into the time, of findings that break their control."""
    reaching = or_(span.c.closed.is_(None), span.c.closed >= since)
    of = select(span, life.c.side, life.c.control).join(life, life.c.id == span.c.life)
    found: dict[Ruled, list[Span]] = defaultdict(list)
    for row in db.execute(of.where(span.c.environment == number, reaching, life.c.breaks)):
        found[Side(row.side), row.control].append(
            Span(
                life=row.life, first=row.first, opened=row.opened, opened_by=row.opened_by, closed=row.closed,
                closed_by=row.closed_by,
            )
        )  # fmt: skip
    return found

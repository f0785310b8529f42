"""How it went: open causes by severity, what came and went, time to fix, and share of time in which controls held."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from statistics import median
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from batten.model import Severity
from batten.model.record import record
from batten.watch.ledger.figures import Share
from batten.watch.model import DAY, Caller, Status
from batten.watch.store.questions.families import families, family_of
from batten.watch.store.questions.filters import ALL, EVERY, Filter, lives, of_controls, of_environments
from batten.watch.store.questions.shares import during, within_time
from batten.watch.store.tables import interval, life, span

LONGEST = 366  # days


@record(kw_only=True)
class Day:
    """A day in UTC that began at `start`. `open` are causes at its end, each counted once in every environment, by their worst
    severity; the others are findings to which that happened in it."""

    start: int
    open: Mapping[Severity, int]
    new: int
    regressed: int
    fixed: int


@record(kw_only=True)
class Mended:
    """How long findings of a severity that were fixed in the time had been open, milliseconds."""

    severity: Severity
    findings: int
    mean: int
    median: int


@record(kw_only=True)
class FamilyShare:
    family: str
    share: Share


@record(kw_only=True)
class Trends:
    """The days up to today, the last of which has not ended."""

    days: tuple[Day, ...]
    mended: tuple[Mended, ...]
    shares: tuple[FamilyShare, ...]


def trends(db: Connection, caller: Caller, which: Filter = ALL, *, now: int, days: int = 90) -> Trends:
    """The last days, at most a year. Waivers do not change what was open."""
    today = now - now % DAY
    start = today - (min(max(days, 1), LONGEST) - 1) * DAY
    rows = _spans(db, caller, which, start, now)
    return Trends(
        days=_days(rows, start, now),
        mended=_mended(rows),
        shares=_shares(db, caller, which, start, now),
    )


def _spans(db: Connection, caller: Caller, which: Filter, start: int, now: int) -> Sequence[Row[Any]]:
    """The times open that reach into the days, by environment and cause, in their order."""
    every = replace(which, states=EVERY, waived=None, since=None)
    columns = (
        life.c.environment,
        life.c.cause,
        life.c.severity,
        life.c.opened.label("first"),
        span.c.opened,
        span.c.closed,
    )
    reaching = or_(span.c.closed.is_(None), span.c.closed >= start)
    told: Any = (
        select(*columns).join(life, life.c.id == span.c.life).where(reaching, *lives(caller, every, now))
    )
    return db.execute(told.order_by(life.c.environment, life.c.cause, span.c.opened)).all()


def _days(rows: Sequence[Row[Any]], start: int, now: int) -> tuple[Day, ...]:
    count = (now - start) // DAY + 1
    turns: dict[Severity, Counter[int]] = defaultdict(
        Counter
    )  # by how many more are open at the end of a day
    for _, alike in groupby(rows, key=lambda row: (row.environment, row.cause)):
        times = list(alike)
        severity = Severity(max(row.severity for row in times))
        for opened, closed in _joined(times):
            turns[severity][max(opened - start, 0) // DAY] += 1
            if closed is not None:
                turns[severity][(closed - start) // DAY] -= 1
    new, regressed, fixed = _turned(rows, start)
    open_ = dict.fromkeys(Severity, 0)
    made = []
    for day in range(count):
        open_ = {severity: open_[severity] + turns[severity][day] for severity in Severity}
        at = start + day * DAY
        made.append(Day(start=at, open=open_, new=new[day], regressed=regressed[day], fixed=fixed[day]))
    return tuple(made)


def _joined(times: Iterable[Row[Any]]) -> list[tuple[int, int | None]]:
    """Times in the order of their beginnings, those that touch made one."""
    joined: list[tuple[int, int | None]] = []
    for row in times:
        if joined and (joined[-1][1] is None or row.opened <= joined[-1][1]):
            opened, closed = joined.pop()
            longest = None if closed is None or row.closed is None else max(closed, row.closed)
            joined.append((opened, longest))
        else:
            joined.append((row.opened, row.closed))
    return joined


def _turned(rows: Iterable[Row[Any]], start: int) -> tuple[Counter[int], Counter[int], Counter[int]]:
    """Findings that were new, regressed and fixed, by day."""
    new: Counter[int] = Counter()
    regressed: Counter[int] = Counter()
    fixed: Counter[int] = Counter()
    for row in rows:
        if row.opened >= start:
            (new if row.opened == row.first else regressed)[(row.opened - start) // DAY] += 1
        if row.closed is not None:
            fixed[(row.closed - start) // DAY] += 1
    return new, regressed, fixed


def _mended(rows: Iterable[Row[Any]]) -> tuple[Mended, ...]:
    took: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        if row.closed is not None:
            took[row.severity].append(row.closed - row.opened)
    return tuple(
        Mended(
            severity=Severity(s), findings=len(all_), mean=sum(all_) // len(all_), median=int(median(all_))
        )
        for s, all_ in sorted(took.items(), reverse=True)
    )


def _shares(db: Connection, caller: Caller, which: Filter, start: int, now: int) -> tuple[FamilyShare, ...]:
    seen = of_environments(interval.c.environment, caller, which)
    side = [] if which.side is None else [interval.c.side == which.side.value]
    wanted = [*seen, *side, *of_controls(interval.c.control, which), during(start, now)]
    sums = [within_time(status, start, now) for status in (Status.HOLDS, Status.BROKEN, Status.UNKNOWN)]
    summed: Any = select(interval.c.control, *sums).where(*wanted).group_by(interval.c.control)
    found: dict[str, Share] = defaultdict(Share)
    for row in db.execute(summed):
        share = Share(holds=int(row.holds), broken=int(row.broken), unknown=int(row.unknown))
        found[family_of(row.control)] += share
    return tuple(FamilyShare(family=family, share=found[family]) for family in families() if family in found)

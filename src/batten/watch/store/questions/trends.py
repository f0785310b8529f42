"""How it went: open findings by severity, what came and went, time to fix, and share of time in which controls held."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, and_, case, func, literal_column, or_, select

from batten.model import Severity
from batten.model.record import record
from batten.watch.ledger.figures import Share
from batten.watch.model import DAY, HOUR, Caller, Status
from batten.watch.store.questions.families import families, family_of
from batten.watch.store.questions.filters import ALL, EVERY, Filter, lives, of_controls, of_environments
from batten.watch.store.tables import interval, life, span

LONGEST = 366  # days
_SAMPLE = 20_000  # findings that a median is of, at most


@record(kw_only=True)
class Day:
    """A day in UTC that began at `start`. `open` are findings that were open at its end, by the severity that they had when they
    opened; the others are findings to which that happened in it."""

    start: int
    open: Mapping[Severity, int]
    new: int
    regressed: int
    fixed: int


@record(kw_only=True)
class Mended:
    """How long findings of a severity that were fixed in the time had been open, milliseconds; the median to the hour, and
    of more than 20,000 that of a sample."""

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
    first = now // DAY - min(max(days, 1), LONGEST) + 1
    seen = of_environments(span.c.environment, caller, which)
    found = [*seen, *([] if which.counts is None else [span.c.counts.is_(which.counts)])]
    if which.severity > Severity.INFO:
        found.append(span.c.severity >= int(which.severity))
    times = _Times(
        _joined(which), found if _joined(which) is span else [*found, *lives(caller, _narrow(which), now)]
    )
    opened, closed = _opened(db, times, first), _closed(db, times, first)
    rows = _grouped(db, times, (span.c.severity,), (), span.c.closed.is_(None))
    start = first * DAY
    shares_seen = of_environments(interval.c.environment, caller, which)
    side = [] if which.side is None else [interval.c.side == which.side.value]
    wanted = [*shares_seen, *side, *of_controls(interval.c.control, which), _during(start, now)]
    sums = [_within_time(status, start, now) for status in (Status.HOLDS, Status.BROKEN, Status.UNKNOWN)]
    summed: Any = select(interval.c.control, *sums).where(*wanted).group_by(interval.c.control)
    shares_found: dict[str, Share] = defaultdict(Share)
    for row in db.execute(summed):
        share = Share(holds=int(row.holds), broken=int(row.broken), unknown=int(row.unknown))
        shares_found[family_of(row.control)] += share
    return Trends(
        days=_days(
            opened,
            closed,
            dict.fromkeys(Severity, 0) | {Severity(severity): count for severity, count in rows},
            range(first, now // DAY + 1),
        ),
        mended=_mended(closed, _hours(db, times, first, closed)),
        shares=tuple(
            FamilyShare(family=family, share=shares_found[family])
            for family in families()
            if family in shares_found
        ),
    )


@record
class _Times:
    """The times open that are asked about: spans, joined to their lives where these are what is asked about."""

    source: FromClause
    conditions: list[ColumnElement[bool]]


# As the indexes have them: a parameter in their place would leave these unused.
_OPENED: ColumnElement[int] = literal_column("(span.opened / 86400000)")
_CLOSED: ColumnElement[int] = literal_column("(span.closed / 86400000)")


def _narrow(which: Filter) -> Filter:
    """What of a filter is of lives, which spans do not have."""
    return Filter(
        text=which.text, control=which.control, family=which.family, families=which.families, cause=which.cause,
        side=which.side, reach=which.reach, regressed=which.regressed, states=EVERY, waived=None, counts=None,
    )  # fmt: skip


def _joined(which: Filter) -> FromClause:
    whole = Filter(states=EVERY, waived=None, counts=None)
    return span if _narrow(which) == whole else span.join(life, life.c.id == span.c.life)


def _grouped(
    db: Connection, times: _Times, keys: Sequence[Any], sums: Sequence[Any], *more: Any
) -> Sequence[Any]:
    counted: Any = (
        select(*keys, func.count(), *sums).select_from(times.source).where(*times.conditions, *more)
    )
    return db.execute(counted.group_by(*keys)).all()


_Opened = dict[
    int, list[tuple[Severity, bool, int]]
]  # by day: severity, whether for the first time, how many
_Closed = dict[int, list[tuple[Severity, int, int]]]  # by day: severity, how many, for how long in all


def _opened(db: Connection, times: _Times, first: int) -> _Opened:
    found: _Opened = defaultdict(list)
    keys = _OPENED.label("day"), span.c.severity, span.c.first
    for day, severity, new, count in _grouped(db, times, keys, (), first <= _OPENED):
        found[day].append((Severity(severity), bool(new), count))
    return found


def _closed(db: Connection, times: _Times, first: int) -> _Closed:
    found: _Closed = defaultdict(list)
    keys, lasted = (_CLOSED.label("day"), span.c.severity), func.sum(span.c.closed - span.c.opened)
    for day, severity, count, whole in _grouped(db, times, keys, (lasted,), first <= _CLOSED):
        found[day].append((Severity(severity), count, int(whole)))
    return found


def _hours(
    db: Connection, times: _Times, first: int, closed: _Closed
) -> dict[Severity, list[tuple[int, int]]]:
    """How many were open for how many hours, of those that were fixed; of very many, of a sample."""
    fixed = sum(count for day in closed.values() for _, count, _ in day)
    sample = [] if fixed <= _SAMPLE else [span.c.id % (fixed // _SAMPLE + 1) == 0]
    found: dict[Severity, list[tuple[int, int]]] = defaultdict(list)
    hours = ((span.c.closed - span.c.opened) // HOUR).label("hours")
    for severity, lasted, count in _grouped(
        db, times, (span.c.severity, hours), (), first <= _CLOSED, *sample
    ):
        found[Severity(severity)].append((int(lasted), count))
    return found


def _days(opened: _Opened, closed: _Closed, open_now: Mapping[Severity, int], days: range) -> tuple[Day, ...]:
    """From today backwards: what is open now, without what opened after a day and with what closed after it."""
    made: list[Day] = []
    left = dict(open_now)
    for day in reversed(days):
        began, ended = opened.get(day, []), closed.get(day, [])
        new, again = (sum(count for _, first, count in began if first is which) for which in (True, False))
        fixed = sum(count for _, count, _ in ended)
        made.append(Day(start=day * DAY, open=dict(left), new=new, regressed=again, fixed=fixed))
        for severity, _, count in began:
            left[severity] -= count
        for severity, count, _ in ended:
            left[severity] += count
    return tuple(reversed(made))


def _mended(closed: _Closed, hours: Mapping[Severity, list[tuple[int, int]]]) -> tuple[Mended, ...]:
    found: Counter[Severity] = Counter()
    lasted: Counter[Severity] = Counter()
    for severity, count, whole in (one for day in closed.values() for one in day):
        found[severity] += count
        lasted[severity] += whole
    return tuple(
        Mended(severity=s, findings=found[s], mean=lasted[s] // found[s], median=_median(hours.get(s, [])))
        for s in sorted(found, reverse=True)
    )


def _median(hours: list[tuple[int, int]]) -> int:
    """The hours of the finding in the middle; of two, of the first."""
    left = (sum(count for _, count in hours) + 1) // 2
    for lasted, some in sorted(hours):
        left -= some
        if left <= 0:
            return lasted * HOUR
    return 0


def _during(start: int, end: int) -> ColumnElement[bool]:
    """Intervals of which some is between the two times."""
    return and_(interval.c.start < end, or_(interval.c.end.is_(None), interval.c.end > start))


def _within_time(status: Status, start: int, end: int) -> ColumnElement[Any]:
    """Milliseconds between the two times in which that was known, summed over a group of intervals."""
    begun = case((interval.c.start < start, start), else_=interval.c.start)
    ended = case((or_(interval.c.end.is_(None), interval.c.end > end), end), else_=interval.c.end)
    return func.sum(case((interval.c.status == status.value, ended - begun), else_=0)).label(status.value)

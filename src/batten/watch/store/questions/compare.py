"""Two environments, or two runs of one: only what differs, by cause.

A run of the past is what was open after it: spans say by which run each time open began and ended, so two runs that are
far apart differ in those that began or ended between them, which is a range of an index and no replay.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select

from batten.engine.causes import summed_up
from batten.model import Severity
from batten.model.record import record
from batten.watch.model import Caller, LifeState, Run, Side, Status
from batten.watch.store import runs
from batten.watch.store.questions.families import family_of, title_of
from batten.watch.store.questions.filters import standing
from batten.watch.store.questions.wheres import Where, named
from batten.watch.store.tables import environment, interval, life, span

_SPOTS = 50  # places of a difference that are named


@record(kw_only=True)
class End:
    """One of the two that are compared. `at` is when it was so; of an environment as it is now, when it was last assessed."""

    environment: Where
    run: int | None
    at: int | None
    commit: str
    deployment: str


@record(kw_only=True)
class Spot:
    """A place that is on one end alone."""

    life: int
    side: Side
    place: str
    line: int
    message: str
    unknown: bool


@record(kw_only=True)
class Difference:
    """A cause that is not the same on both ends, with the places that only one of them has (the first fifty of each), and how many
    both have. `known_left`: the control was judged there, so that places that are missing are really not there."""

    cause: str
    control: str
    title: str
    family: str
    severity: Severity
    message: str
    left: tuple[Spot, ...]
    right: tuple[Spot, ...]
    only_left: int
    only_right: int
    both: int
    known_left: bool
    known_right: bool


@record(kw_only=True)
class Turned:
    """A control of which something else is known on the two ends; None: it was not judged there."""

    control: str
    title: str
    side: Side
    left: Status | None
    right: Status | None


@record(kw_only=True)
class Comparison:
    """`differences` are the worst first; `same` counts the causes that are alike on both ends."""

    left: End
    right: End
    differences: tuple[Difference, ...]
    same: int
    controls: tuple[Turned, ...]


def environments(db: Connection, caller: Caller, left: int, right: int) -> Comparison | None:
    """Two environments as they are now; None where the caller does not see both."""
    wheres = named(db, caller, (left, right))
    if len(wheres) != len({left, right}):
        return None
    ends = [_now(db, wheres[number]) for number in (left, right)]
    rows = [_standing(db, number) for number in (left, right)]
    same_service = (wheres[left].team, wheres[left].service) == (wheres[right].team, wheres[right].service)
    known = [_statuses(db, number, None) for number in (left, right)]
    return _compared(db, ends, rows, known, _by_kin if same_service else _by_cause)


def of_runs(db: Connection, caller: Caller, left: int, right: int) -> Comparison | None:
    """Two runs of one environment, however far apart; None where the caller does not see both, or they are of two environments."""
    found = [runs.find(db, caller, number) for number in (left, right)]
    one, two = found
    if one is None or two is None or one.environment != two.environment:
        return None
    where = named(db, caller, [one.environment])[one.environment]
    ends = [
        End(environment=where, run=each.id, at=each.ended, commit=each.commit, deployment=each.deployment)
        for each in (one, two)
    ]
    known = [_statuses(db, one.environment, each) for each in (one, two)]
    # What was open after each of two runs: spans that ended after the earlier one, or last.
    early, late = sorted((one.id, two.id))
    lasting = or_(span.c.closed_by.is_(None), span.c.closed_by > early)
    times: Any = select(*_LEAN, span.c.opened_by, span.c.closed_by).join(life, life.c.id == span.c.life)
    between = times.where(span.c.environment == one.environment, lasting, span.c.opened_by <= late)
    rows = db.execute(between.where(life.c.counts.is_(True))).all()
    return _compared(
        db,
        ends,
        [
            [
                row
                for row in rows
                if row.opened_by <= each.id and (row.closed_by is None or row.closed_by > each.id)
            ]
            for each in (one, two)
        ],
        known,
        _by_life,
    )


def _now(db: Connection, where: Where) -> End:
    assessed = db.execute(select(environment.c.assessed).where(environment.c.id == where.id)).scalar()
    return End(environment=where, run=None, at=assessed, commit="", deployment="")


_LEAN = (life.c.id, life.c.side, life.c.kin, life.c.control, life.c.severity, life.c.cause, life.c.state)


def _standing(db: Connection, number: int) -> list[Row[Any]]:
    found: Any = select(*_LEAN).where(life.c.environment == number, standing(), life.c.counts.is_(True))
    return list(db.execute(found))


_Statuses = Mapping[tuple[str, str], Status]  # by control and side


def _statuses(db: Connection, number: int, of: Run | None) -> _Statuses:
    """What is known of each control now, or was after a run: by what that run or one before began, or what lapsed before."""
    told: Any = select(interval.c.control, interval.c.side, interval.c.status).where(
        interval.c.environment == number
    )
    if of is None:
        told = told.where(interval.c.end.is_(None))
    else:
        lapsed = and_(interval.c.run == 0, interval.c.start <= (of.ended or of.queued))
        told = told.where(or_(and_(interval.c.run > 0, interval.c.run <= of.id), lapsed)).order_by(
            interval.c.id
        )
    return {(row.control, row.side): Status(row.status) for row in db.execute(told)}


_Alike = Callable[[Sequence[Row[Any]]], dict[object, Row[Any]]]


def _by_life(rows: Sequence[Row[Any]]) -> dict[object, Row[Any]]:
    return {row.id: row for row in rows}


def _by_kin(rows: Sequence[Row[Any]]) -> dict[object, Row[Any]]:
    """Places by name, whatever their file or environment; of several with one name, the first is the first on the other end."""
    seen: Counter[object] = Counter()
    found: dict[object, Row[Any]] = {}
    for row in sorted(rows, key=lambda r: r.id):
        key = row.side, row.kin or row.id
        found[key, seen[key]] = row
        seen[key] += 1
    return found


def _by_cause(rows: Sequence[Row[Any]]) -> dict[object, Row[Any]]:
    """Of two services no place is the other's: a cause is on both ends, or on one."""
    worst = max(rows, key=lambda r: r.severity, default=None)
    return {} if worst is None else {worst.cause: worst}


@record
class _Apart:
    """A cause with what only one end has of it."""

    cause: str
    left: list[Row[Any]]
    right: list[Row[Any]]
    both: int


def _compared(
    db: Connection,
    ends: Sequence[End],
    rows: Sequence[Sequence[Row[Any]]],
    known: Sequence[_Statuses],
    alike: _Alike,
) -> Comparison:
    grouped = [_grouped(some) for some in rows]
    every = [
        _apart(cause, *(alike(group.get(cause, ())) for group in grouped))
        for cause in {**grouped[0], **grouped[1]}
    ]
    apart = [one for one in every if one.left or one.right]
    # The places that are named, by their lives.
    wanted = sorted({row.id for one in apart for some in (one.left, one.right) for row in some[:_SPOTS]})
    columns = (life.c.id, life.c.side, life.c.place, life.c.line, life.c.message, life.c.state)
    found: dict[int, Spot] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        told: Any = select(*columns).where(life.c.id.in_(wanted[start : start + _AT_ONCE]))
        for row in db.execute(told):
            unknown = row.state == LifeState.UNKNOWN.value
            found[row.id] = Spot(
                life=row.id,
                side=Side(row.side),
                place=row.place,
                line=row.line,
                message=row.message,
                unknown=unknown,
            )
    spots = found
    differences = sorted((_difference(one, spots, known) for one in apart), key=_order)
    left, right = ends
    return Comparison(
        left=left,
        right=right,
        differences=tuple(differences),
        same=len(every) - len(apart),
        controls=_turned(*known),
    )


def _grouped(rows: Iterable[Row[Any]]) -> dict[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        found[row.cause].append(row)
    return found


def _apart(cause: str, left: Mapping[object, Row[Any]], right: Mapping[object, Row[Any]]) -> _Apart:
    only_left = [row for key, row in left.items() if key not in right]
    only_right = [row for key, row in right.items() if key not in left]
    return _Apart(cause, only_left, only_right, len(left) - len(only_left))


def _difference(one: _Apart, spots: Mapping[int, Spot], known: Sequence[_Statuses]) -> Difference:
    left, right = (tuple(spots[row.id] for row in some[:_SPOTS]) for some in (one.left, one.right))
    lead = max((*one.left, *one.right), key=lambda row: row.severity)
    return Difference(
        cause=one.cause, control=lead.control, title=title_of(lead.control), family=family_of(lead.control),
        severity=Severity(lead.severity), message=summed_up([spot.message for spot in (*left, *right)]),
        left=left, right=right, only_left=len(one.left), only_right=len(one.right), both=one.both,
        known_left=_judged(one.right, known[0]), known_right=_judged(one.left, known[1]),
    )  # fmt: skip


def _judged(missing: Iterable[Row[Any]], known: _Statuses) -> bool:
    """Whether an end was asked about what only the other one has."""
    statuses = (known.get((row.control, row.side), Status.UNKNOWN) for row in missing)
    return all(status is not Status.UNKNOWN for status in statuses)


def _order(one: Difference) -> tuple[object, ...]:
    return -one.severity, one.family, one.control, one.cause


def _turned(left: _Statuses, right: _Statuses) -> tuple[Turned, ...]:
    keys = sorted({*left, *right})
    return tuple(
        Turned(
            control=slug,
            title=title_of(slug),
            side=Side(side),
            left=left.get((slug, side)),
            right=right.get((slug, side)),
        )
        for slug, side in keys
        if left.get((slug, side)) is not right.get((slug, side))
    )


_AT_ONCE = 5_000

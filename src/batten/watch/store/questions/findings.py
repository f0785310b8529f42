"""The list of findings: filtered, sorted, a page at a time."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import Enum
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, func, select, tuple_

from batten.model import Severity
from batten.model.record import record
from batten.watch.model import Caller, LifeState, Side
from batten.watch.store.dialects import by_order
from batten.watch.store.questions.families import family_of, title_of
from batten.watch.store.questions.filters import (
    ALL,
    EVERY,
    STANDING,
    Filter,
    beginning,
    lives,
    of_states,
    waived_until,
)
from batten.watch.store.questions.wheres import Where, named
from batten.watch.store.tables import life

COUNTED = 10_000  # of more it is only said that there are more
LARGEST = 200  # rows of a page


class Sort(Enum):
    """In which order; each ends with what is newest first, so that no two findings have one place."""

    SEVERITY = "severity"  # the worst first, of those what got its present state last
    NEWEST = "newest"  # what got its present state last
    OLDEST = "oldest"  # what has been in its present state the longest
    CONTROL = "control"  # alphabetically
    PLACE = "place"  # alphabetically


class BadCursor(Exception):
    """The cursor is not of this list; the sentence says what to do."""


@record(kw_only=True)
class FindingRow:
    """One finding as lists show it. `waived` is until when, None where it is not."""

    id: int
    environment: Where
    side: Side
    fingerprint: str
    control: str
    case: str
    title: str
    family: str
    severity: Severity
    message: str
    place: str
    line: int
    cause: str
    public: bool | None
    counts: bool
    state: LifeState
    opened: int
    since: int
    regressed: int
    waived: int | None


@record(kw_only=True)
class Page:
    """Some findings; `next` is the cursor of those after them, "" where there are none. `count` is of all that the filter lets pass,
    up to COUNTED; `more_than_counted` says that there are more."""

    findings: tuple[FindingRow, ...]
    next: str
    count: int
    more_than_counted: bool


def findings(
    db: Connection,
    caller: Caller,
    which: Filter = ALL,
    *,
    now: int,
    sort: Sort = Sort.SEVERITY,
    cursor: str = "",
    most: int = 50,
) -> Page:
    """A page of findings. Raises BadCursor."""
    keys, descending = _ORDERS[sort]
    listed = select(life.c.id).where(*_conditions(caller, which, sort, now))
    if cursor:
        listed = listed.where(_after(keys, descending, _opened(cursor, sort)))
    size = min(max(most, 1), LARGEST)
    # Numbers first, which indexes hold with what is filtered and sorted by; whole rows are wide.
    ids = (
        db.execute(listed.order_by(*(key.desc() if descending else key for key in keys)).limit(size + 1))
        .scalars()
        .all()
    )
    # Whole rows of lives, in the order of the ids.
    rows_ids = ids[:size]
    found = {row.id: row for row in db.execute(select(life).where(life.c.id.in_(rows_ids)))}
    rows = [found[number] for number in rows_ids]
    whole = not cursor and len(ids) <= size
    if whole:
        total = len(ids)
    else:
        # How many there are, up to one more than are counted: of those that stand and those that are fixed an index
        # each.
        counted_total = 0
        for states in (which.states & STANDING, which.states - STANDING):
            if states and counted_total <= COUNTED:
                conditions = lives(caller, replace(which, states=states), now)
                some = select(life.c.id).where(*conditions).limit(COUNTED + 1 - counted_total).subquery()
                counted_total += db.execute(select(func.count()).select_from(some)).scalar() or 0
        total = counted_total
    return Page(
        findings=tuple(listed_of(rows, db, caller, now)),
        next=_sealed(sort, keys, rows[-1]) if len(ids) > size else "",
        count=min(total, COUNTED),
        more_than_counted=total > COUNTED,
    )


def _conditions(caller: Caller, which: Filter, sort: Sort, now: int) -> list[ColumnElement[bool]]:
    """What is listed: where little is filtered away, so that the index of the order is walked."""
    narrow = which.environment or which.service or which.cause or which.text
    every = any(not grant.team and not grant.environment for grant in caller.grants) and not which.team
    fixed = LifeState.FIXED in which.states
    if narrow or not (every or (fixed and sort in _INDEXED)):
        return lives(caller, which, now)
    states, others = of_states(which.states), lives(caller, replace(which, states=EVERY), now)
    inside = [*others, *(states if fixed else [])]
    return [*([] if fixed else states), *([by_order(and_(*inside))] if inside else [])]


def listed_of(rows: Sequence[Row[Any]], db: Connection, caller: Caller, now: int) -> list[FindingRow]:
    """Rows of `life` as lists show them, in their order; those that the caller does not see are left out."""
    wheres = named(db, caller, (row.environment for row in rows))
    waived = waived_until(db, [row.id for row in rows], now)
    return [_listed(row, wheres[row.environment], waived) for row in rows if row.environment in wheres]


def _listed(row: Row[Any], where: Where, waived: Mapping[int, int]) -> FindingRow:
    return FindingRow(
        id=row.id, environment=where, side=Side(row.side), fingerprint=row.fingerprint, control=row.control, case=row.case,
        title=title_of(row.control), family=family_of(row.control), severity=Severity(row.severity), message=row.message,
        place=row.place, line=row.line, cause=row.cause, public=row.public, counts=row.counts, state=LifeState(row.state),
        opened=row.opened, since=row.since, regressed=row.regressed, waived=waived.get(row.id),
    )  # fmt: skip


_Keys = tuple[ColumnElement[Any], ...]
_PLACE = beginning(life.c.place, 200)
_ORDERS: dict[Sort, tuple[_Keys, bool]] = {
    Sort.SEVERITY: ((life.c.severity, life.c.since, life.c.id), True),
    Sort.NEWEST: ((life.c.since, life.c.id), True),
    Sort.OLDEST: ((life.c.since, life.c.id), False),
    Sort.CONTROL: ((life.c.control, life.c.id), False),
    Sort.PLACE: ((_PLACE, life.c.line, life.c.id), False),
}
_INDEXED = frozenset((Sort.SEVERITY, Sort.NEWEST, Sort.OLDEST))  # orders that an index of all findings has
_TEXTS = {
    Sort.CONTROL: 1,
    Sort.PLACE: 1,
}  # how many of an order's first keys are texts; the others are numbers


def _after(keys: _Keys, descending: bool, values: Sequence[int | str]) -> ColumnElement[bool]:
    return tuple_(*keys) < tuple_(*values) if descending else tuple_(*keys) > tuple_(*values)


def _sealed(sort: Sort, keys: _Keys, row: Row[Any]) -> str:
    """A cursor: the place of a row in its order. It says nothing that its list did not."""
    values = [sort.value, [row.place[:200] if key is _PLACE else row._mapping[key] for key in keys]]
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


def _opened(cursor: str, sort: Sort) -> Sequence[int | str]:
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        plain = base64.urlsafe_b64decode(padded.encode("ascii"))
        of, values = msgspec.json.decode(plain, type=tuple[str, list[int | str]])
    except (UnicodeEncodeError, binascii.Error, msgspec.MsgspecError):
        raise BadCursor("the cursor is not one of this list; start again without it") from None
    if of != sort.value or not _fit(values, sort):
        raise BadCursor("the cursor is of another order; start again without it")
    return values


def _fit(values: Sequence[int | str], sort: Sort) -> bool:
    texts = _TEXTS.get(sort, 0)
    numbers = values[texts:]
    return (
        len(values) == len(_ORDERS[sort][0])
        and all(isinstance(value, str) and "\0" not in value for value in values[:texts])
        and all(isinstance(value, int) and abs(value) < 2**63 for value in numbers)
    )

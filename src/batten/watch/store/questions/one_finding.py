"""One finding: what it is, why it matters, what to do, and its life."""

from __future__ import annotations

import shlex
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, literal_column, select

from batten.model import Safety
from batten.model.record import record
from batten.watch.ledger.details import Detail
from batten.watch.model import Caller, Event, Side, Waiver
from batten.watch.store.events import event_of
from batten.watch.store.questions.evidence import detail_of
from batten.watch.store.questions.families import references_of, why_of
from batten.watch.store.questions.filters import standing
from batten.watch.store.questions.findings import FindingRow, listed_of
from batten.watch.store.tables import event, life, span, waiver
from batten.watch.store.visible import within
from batten.watch.store.waivers import waiver_of

_ELSEWHERE = 50
_EVENTS = 200
_TIMES = 200


@record(kw_only=True)
class Time:
    """A time in which it was open, with the runs that opened and closed it; `closed` None: it lasts."""

    opened: int
    opened_by: int
    closed: int | None
    closed_by: int | None


@record(kw_only=True)
class Told:
    """A finding whole. `open_for` is how long it has been open in all, milliseconds. `elsewhere` are findings of the same cause in
    other environments, those that stand first; `in_environments` counts the environments of those that stand. `command` repairs it in
    the repository, or says how; `waivers` are those of this finding, the newest first, whatever became of them."""

    finding: FindingRow
    pointer: str
    value: str
    why: str
    references: tuple[str, ...]
    detail: Detail
    command: str
    open_for: int
    times: tuple[Time, ...]
    elsewhere: tuple[FindingRow, ...]
    in_environments: int
    waivers: tuple[Waiver, ...]
    events: tuple[Event, ...]


def one(db: Connection, caller: Caller, number: int, *, now: int) -> Told | None:
    """The finding of that id; None where there is none, or it is another's."""
    row = db.execute(select(life).where(life.c.id == number, within(life.c.environment, caller))).first()
    if row is None:
        return None
    detail = detail_of(db, row.detail)
    times = _times(db, number)
    order = ((life.c.state == "fixed"), life.c.severity.desc(), life.c.since.desc(), life.c.id)
    counted = select(func.count(life.c.environment.distinct())).where(*_others(caller, row), standing())
    of_it = select(event).where(event.c.life == number, event.c.life != literal_column("0"))
    rows = db.execute(of_it.order_by(event.c.id.desc()).limit(_EVENTS)).all()
    same = (
        waiver.c.environment == row.environment,
        waiver.c.side == row.side,
        waiver.c.fingerprint == row.fingerprint,
    )
    return Told(
        finding=listed_of([row], db, caller, now)[0],
        pointer=row.pointer,
        value=row.value,
        why=detail.why or why_of(row.control),
        references=references_of(row.control),
        detail=detail,
        command=_command(row, detail),
        open_for=sum((time.closed or now) - time.opened for time in times),
        times=times,
        elsewhere=tuple(
            listed_of(
                db.execute(
                    select(life).where(*_others(caller, row)).order_by(*order).limit(_ELSEWHERE)
                ).all(),
                db,
                caller,
                now,
            )
        ),
        in_environments=db.execute(counted).scalar() or 0,
        waivers=tuple(
            waiver_of(w) for w in db.execute(select(waiver).where(*same).order_by(waiver.c.id.desc()))
        ),
        events=tuple(event_of(row) for row in reversed(rows)),
    )


def _times(db: Connection, number: int) -> tuple[Time, ...]:
    rows = db.execute(
        select(span).where(span.c.life == number).order_by(span.c.id.desc()).limit(_TIMES)
    ).all()
    return tuple(
        Time(opened=row.opened, opened_by=row.opened_by, closed=row.closed, closed_by=row.closed_by)
        for row in reversed(rows)
    )


def _others(caller: Caller, row: Row[Any]) -> list[ColumnElement[bool]]:
    """Lives of the same cause in other environments."""
    return [
        life.c.cause == row.cause,
        life.c.environment != row.environment,
        within(life.c.environment, caller),
    ]


def _command(row: Row[Any], detail: Detail) -> str:
    """What to type in the repository: the fix where batten has one, else how to repair it by hand."""
    slug = shlex.quote(row.control)
    if row.side != Side.DECLARED.value or detail.fix is None or detail.fix.safety == Safety.VALUE.value:
        return f"batten explain {slug}"
    risky = " --risky" if detail.fix.safety == Safety.RISKY.value else ""
    path = row.place if not row.place.startswith("-") else f"./{row.place}"
    return f"batten fix --control {slug}{risky} {shlex.quote(path)}"

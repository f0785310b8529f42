"""Lives, and the spans in which they were open. Only assessments write them (`store/knowledge.py`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, literal_column, select, update

from batten.model import Severity
from batten.watch.ledger.matching import Key
from batten.watch.model import Life, LifeState, Side
from batten.watch.store.tables import life, span

_AT_ONCE = 5000  # fingerprints in one question


def standing(db: Connection, environment: int) -> list[Life]:
    """The lives of an environment that are open or unknown, the oldest first."""
    not_fixed = life.c.state != literal_column("'fixed'")  # as the partial index has it
    wanted = select(life).where(life.c.environment == environment, not_fixed)
    return [life_of(row) for row in db.execute(wanted.order_by(life.c.id))]


def changed(db: Connection, number: int) -> int:
    """The latest time at which a life of an environment got its state; 0 where there is none."""
    return db.execute(select(func.max(life.c.since)).where(life.c.environment == number)).scalar() or 0


def fixed(db: Connection, environment: int, keys: Iterable[Key]) -> Iterator[Life]:
    """The lives of an environment that are fixed and have one of these sides and fingerprints."""
    by_side: dict[Side, list[str]] = {}
    for side, fingerprint in sorted(keys, key=lambda key: (key[0].value, key[1])):
        by_side.setdefault(side, []).append(fingerprint)
    for side, wanted in by_side.items():
        for start in range(0, len(wanted), _AT_ONCE):
            known = select(life).where(
                life.c.environment == environment,
                life.c.side == side.value,
                life.c.fingerprint.in_(wanted[start : start + _AT_ONCE]),
                life.c.state == LifeState.FIXED.value,
            )
            yield from map(life_of, db.execute(known.order_by(life.c.id)))


def add(db: Connection, born: Sequence[Life]) -> dict[Key, int]:
    """Write the lives that a run opened; returns their ids by side and fingerprint. They are asked for afterwards: with
    RETURNING, ten thousand rows take PostgreSQL's driver five times as long."""
    if not born:
        return {}
    db.execute(insert(life), [columns(one) for one in born])
    opened = life.c.environment == born[0].environment, life.c.opened_by == born[0].opened_by
    rows = db.execute(select(life.c.id, life.c.side, life.c.fingerprint).where(*opened))
    return {(Side(row.side), row.fingerprint): row.id for row in rows}


def change(db: Connection, changed: Iterable[Life]) -> None:
    """Write lives that were there before as they are now."""
    rows = [{**columns(one), "key": one.id} for one in changed]
    if rows:
        db.execute(update(life).where(life.c.id == bindparam("key")), rows)


def open_spans(db: Connection, opened: Iterable[tuple[int, Life]], run: int) -> None:
    """A time open begins with a run for each life, of which the id is given."""
    rows = [
        {
            "life": key, "environment": one.environment, "opened_by": run, "opened": one.began, "severity": int(one.severity),
            "counts": one.counts, "first": not one.regressed,
        }
        for key, one in opened
    ]  # fmt: skip
    if rows:
        db.execute(insert(span), rows)


def close_spans(db: Connection, closed: Iterable[Life]) -> None:
    """The time in which each life was open has ended as the life says."""
    rows = [{"key": one.id, "at": one.closed, "by": one.closed_by} for one in closed]
    lasting = update(span).where(span.c.life == bindparam("key"), span.c.closed.is_(None))
    if rows:
        db.execute(lasting.values(closed=bindparam("at"), closed_by=bindparam("by")), rows)


def life_of(row: Row[Any]) -> Life:
    """The life of a row of its table."""
    return Life(
        id=row.id, environment=row.environment, side=Side(row.side), fingerprint=row.fingerprint, kin=row.kin,
        control=row.control, case=row.case, severity=Severity(row.severity), message=row.message, place=row.place,
        line=row.line, pointer=row.pointer, cause=row.cause, public=row.public, counts=row.counts, breaks=row.breaks, value=row.value,
        detail=row.detail, state=LifeState(row.state), opened=row.opened, opened_by=row.opened_by, closed=row.closed,
        closed_by=row.closed_by, since=row.since, began=row.began, regressed=row.regressed, open_for=row.open_for,
    )  # fmt: skip


def columns(one: Life) -> Mapping[str, object]:
    """The row of a life, without its id."""
    return {
        "environment": one.environment, "side": one.side.value, "fingerprint": one.fingerprint, "kin": one.kin,
        "control": one.control, "case": one.case, "severity": int(one.severity), "message": one.message, "place": one.place,
        "line": one.line, "pointer": one.pointer, "cause": one.cause, "public": one.public, "counts": one.counts, "breaks": one.breaks,
        "value": one.value, "detail": one.detail, "state": one.state.value, "opened": one.opened,
        "opened_by": one.opened_by, "closed": one.closed, "closed_by": one.closed_by, "since": one.since,
        "began": one.began, "regressed": one.regressed, "open_for": one.open_for,
    }  # fmt: skip


def environment_of(db: Connection, number: int) -> int | None:
    """The environment of a life, whoever sees it; None where there is none."""
    return db.execute(select(life.c.environment).where(life.c.id == number)).scalar()

"""In what an environment is behind the stage before it: what `ledger/parity.py` says of what is known of both."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, func, or_, select

from batten.model import Severity
from batten.model.record import record
from batten.watch.ledger.parity import Lag, Posture, behind
from batten.watch.model import Caller, Side, Status
from batten.watch.store import environments
from batten.watch.store.questions.filters import standing, waived_lives
from batten.watch.store.questions.wheres import Where, where_of, wheres
from batten.watch.store.tables import environment, interval, life, waiver


@record(kw_only=True)
class Behind:
    """The stage before, and in what the environment is behind it: what nobody accepts first, then the worst."""

    stage: Where
    lags: tuple[Lag, ...]


def behind_of(db: Connection, caller: Caller, number: int, *, now: int) -> Behind | None:
    """How an environment compares with the stage before it; None where the caller does not see it, or none before it."""
    later = environments.find(db, caller, number)
    if later is not None:
        same = (
            environment.c.team == later.team,
            environment.c.service == later.service,
            environment.c.place < later.place,
        )
        order = environment.c.place.desc(), environment.c.id
        row = db.execute(wheres(caller).where(*same).order_by(*order).limit(1)).first()
        before = where_of(row) if row is not None else None
    else:
        before = None
    if later is None or before is None:
        return None
    lags = behind(_posture(db, before.id, now), _posture(db, later.id, now), later.differences)
    return Behind(stage=before, lags=tuple(lags))


def _posture(db: Connection, number: int, now: int) -> Posture:
    statuses: Any = select(interval.c.side, interval.c.control, interval.c.status).where(
        interval.c.environment == number, interval.c.end.is_(None)
    )
    waived = or_(~life.c.counts, life.c.id.in_(waived_lives(now).where(waiver.c.environment == number)))
    columns = (
        life.c.side,
        life.c.control,
        life.c.cause,
        func.max(life.c.severity),
        func.count().filter(~waived),
    )
    found: Any = select(*columns).where(life.c.environment == number, standing(), life.c.breaks.is_(True))
    causes: dict[tuple[Side, str], dict[str, Severity]] = defaultdict(dict)
    accepted = set()
    for side, control, cause, severity, left in db.execute(
        found.group_by(life.c.side, life.c.control, life.c.cause)
    ):
        causes[Side(side), control][cause] = Severity(severity)
        if not left:
            accepted.add((Side(side), cause))
    return Posture(
        statuses={(Side(side), control): Status(status) for side, control, status in db.execute(statuses)},
        causes=causes,
        waived=frozenset(accepted),
    )

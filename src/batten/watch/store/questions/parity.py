"""Whether an environment is at least as tight as the stage of its service before it, control by control."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import Connection, func, select

from batten.model import Severity
from batten.model.record import record
from batten.watch.ledger.intervals import Ruled
from batten.watch.ledger.parity import Lag, Posture, behind
from batten.watch.model import Caller, Environment, Side
from batten.watch.store import environments, intervals
from batten.watch.store.questions.filters import standing, waived_lives
from batten.watch.store.questions.wheres import Where, named
from batten.watch.store.tables import life


@record(kw_only=True)
class Parity:
    """In what an environment is behind the stage before it; nothing in `lags`: in nothing that is known of both."""

    before: Where
    after: Where
    lags: tuple[Lag, ...]


def parity_of(db: Connection, after: Environment, caller: Caller, now: int) -> Parity | None:
    """An environment that the caller sees against the stage before it; None where there is none, or the caller does not see it."""
    before = _before(after, environments.every(db, caller))
    if before is None:
        return None
    where = named(db, caller, [before.id, after.id])
    lags = behind(_posture(db, before.id, now), _posture(db, after.id, now), after.differences)
    return Parity(before=where[before.id], after=where[after.id], lags=tuple(lags))


def _before(after: Environment, seen: list[Environment]) -> Environment | None:
    """The last of the stages through which a change of the service travels before."""
    same = (one for one in seen if (one.team, one.service) == (after.team, after.service))
    return max((one for one in same if one.place < after.place), key=lambda one: one.place, default=None)


def _posture(db: Connection, number: int, now: int) -> Posture:
    statuses = {(one.side, one.control): one.status for one in intervals.current(db, number)}
    waived = life.c.id.in_(waived_lives(now))
    columns = (
        life.c.side, life.c.control, life.c.cause, func.max(life.c.severity).label("worst"),
        func.count().filter(~waived).label("open"),
    )  # fmt: skip
    standing_ = select(*columns).where(life.c.environment == number, standing(), life.c.counts.is_(True))
    causes: dict[Ruled, dict[str, Severity]] = defaultdict(dict)
    accepted = set()
    for row in db.execute(standing_.group_by(life.c.side, life.c.control, life.c.cause)):
        causes[Side(row.side), row.control][row.cause] = Severity(row.worst)
        if not row.open:
            accepted.add((Side(row.side), row.cause))
    return Posture(statuses=statuses, causes=causes, waived=frozenset(accepted))

"""What can be proved of an environment's controls over a time, by side and control."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, func, or_, select

from batten.watch.ledger.figures import Figures, figures
from batten.watch.ledger.intervals import Ruled
from batten.watch.model import Interval, Side, Span, Status
from batten.watch.store import intervals, proofs
from batten.watch.store.tables import interval, life, span


def of_environment(db: Connection, number: int, since: int, now: int) -> dict[Ruled, Figures]:
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

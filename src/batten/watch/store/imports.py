"""What was known elsewhere of an environment of which nothing is known here, written in one go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import Connection, insert, select

from batten.watch.model import Life, Run, Side, Span
from batten.watch.store import lives
from batten.watch.store.tables import life, run, span


def is_empty(db: Connection, environment: int) -> bool:
    """Whether an environment was never assessed; until the transaction ends nobody assesses it for the first time."""
    known = db.execute(select(run.c.id).where(run.c.environment == environment).limit(1)).first()
    return known is None


def write(
    db: Connection, environment: int, runs: Sequence[Run], known: Iterable[tuple[Life, tuple[Span, ...]]]
) -> int:
    """Write runs, lives and the times in which they were open. Runs get numbers of this database, in their order; returns
    how many lives there are."""
    if not runs:
        return 0
    db.execute(
        insert(run),
        [
            {
                "environment": one.environment,
                "why": one.why.value,
                "by": one.by,
                "state": one.state.value,
                "queued": one.queued,
                "started": one.started,
                "ended": one.ended,
                "version": one.version,
                "opened": one.opened,
                "fixed": one.fixed,
                "standing": one.standing,
            }
            for one in runs
        ],
    )
    written = db.execute(
        select(run.c.id).where(run.c.environment == environment).order_by(run.c.id)
    ).scalars()
    numbers: dict[int | None, int | None] = {
        one.id: number for one, number in zip(runs, written, strict=True)
    }
    numbers[None] = None
    spans = {(one.side, one.fingerprint): (one, times) for one, times in known}
    made = [
        replace(one, opened_by=numbers[one.opened_by] or 0, closed_by=numbers[one.closed_by])
        for one, _ in known
    ]
    if made:
        db.execute(insert(life), [lives.columns(one) for one in made])
    rows = db.execute(
        select(life.c.id, life.c.side, life.c.fingerprint).where(life.c.environment == environment)
    )
    open_for = [
        {
            "life": row.id, "environment": environment, "opened": one.opened, "opened_by": numbers[one.opened_by],
            "closed": one.closed, "closed_by": numbers[one.closed_by], "severity": int(of.severity), "counts": of.counts,
            "first": one.first,
        }
        for row in rows
        for of, times in [spans[Side(row.side), row.fingerprint]]
        for one in times
    ]  # fmt: skip
    if open_for:
        db.execute(insert(span), open_for)
    return len(made)

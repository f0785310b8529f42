"""How much stands open: causes by severity, and how many environments are looked at."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, func, select

from batten.model import Severity
from batten.model.record import record
from batten.watch.model import Caller
from batten.watch.store.questions.filters import ALL, Filter, environments, lives
from batten.watch.store.tables import environment, life


@record(kw_only=True)
class Counts:
    """`causes` by their worst severity, each severity named; `findings` are the places of all of them."""

    causes: Mapping[Severity, int]
    findings: int
    environments: int


def counts(db: Connection, caller: Caller, which: Filter = ALL, *, now: int) -> Counts:
    """What stands open now."""
    worst, places = func.max(life.c.severity).label("worst"), func.count().label("places")
    causes = select(worst, places).where(*lives(caller, which, now)).group_by(life.c.cause).subquery()
    rows = db.execute(
        select(causes.c.worst, func.count(), func.sum(causes.c.places)).group_by(causes.c.worst)
    )
    found = {Severity(severity): (count, int(findings)) for severity, count, findings in rows}
    seen = select(func.count()).select_from(environment).where(*environments(caller, which))
    return Counts(
        causes={severity: found.get(severity, (0, 0))[0] for severity in reversed(Severity)},
        findings=sum(findings for _, findings in found.values()),
        environments=db.execute(seen).scalar() or 0,
    )

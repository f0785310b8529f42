"""Environments and families of controls: how bad, how many, and how old the knowledge is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, case, func, select

from batten.model import Severity
from batten.model.record import record
from batten.watch.model import Caller, LifeState, Side, Status
from batten.watch.store.questions.families import families, family_of
from batten.watch.store.questions.filters import ALL, Filter, environments, lives, of_controls
from batten.watch.store.questions.wheres import Where, where_of, wheres
from batten.watch.store.tables import environment, interval, life, proof


@record(kw_only=True)
class Cell:
    """A family in an environment: its open findings and the worst of them (None: none is open), how many of them could not be
    looked at the last time, and its controls by what is known of them now, both sides counted. None of all: never judged."""

    family: str
    worst: Severity | None
    open: int
    unknown: int
    holds: int
    broken: int
    unjudged: int

    @property
    def judged(self) -> bool:
        return bool(self.holds or self.broken or self.open)


@record(kw_only=True)
class Stretch:
    """An environment; `declared` and `observed` are up to when each side is known (None: it never was)."""

    environment: Where
    assessed: int | None
    overdue: bool
    paused: bool
    declared: int | None
    observed: int | None
    cells: tuple[Cell, ...]


@record(kw_only=True)
class Heat:
    """Rows by service and in the order in which a change travels; a cell a family in each, in the order of `families`. `next` is
    what to ask with for the rows after them; 0: these were the last."""

    families: tuple[str, ...]
    rows: tuple[Stretch, ...]
    next: int
    count: int


def heat(
    db: Connection, caller: Caller, which: Filter = ALL, *, now: int, after: int = 0, most: int = 100
) -> Heat:
    """The map from the row `after` on."""
    order = (environment.c.service, environment.c.place, environment.c.stage, environment.c.id)
    told = (environment.c.assessed, environment.c.objective, environment.c.overdue, environment.c.paused)
    conditions = environments(caller, which)
    listed = wheres(caller).add_columns(*told).where(*conditions).order_by(*order)
    rows = db.execute(listed.offset(after).limit(most + 1)).all()
    ids = [row.id for row in rows[:most]]
    proofs_made: dict[int, dict[Side, int]] = defaultdict(dict)
    for proofs_row in db.execute(select(proof).where(proof.c.environment.in_(ids))):
        proofs_made[proofs_row.environment][Side(proofs_row.side)] = proofs_row.at
    found, judged, proofs = _found(db, caller, which, now, ids), _judged(db, which, ids), proofs_made
    shown = tuple(
        f for f in families() if any((number, f) in found or (number, f) in judged for number in ids)
    )
    made = (_stretch(row, now, shown, found, judged, proofs.get(row.id, {})) for row in rows[:most])
    count = db.execute(select(func.count()).select_from(environment).where(*conditions)).scalar() or 0
    return Heat(families=shown, rows=tuple(made), next=after + most if len(rows) > most else 0, count=count)


_Place = tuple[int, str]  # an environment and a family


def _found(
    db: Connection, caller: Caller, which: Filter, now: int, ids: Sequence[int]
) -> dict[_Place, tuple[int, int, int]]:
    """The worst severity, how many are open, and how many are unknown."""
    unknown = func.sum(case((life.c.state == LifeState.UNKNOWN.value, 1), else_=0))
    columns = (life.c.environment, life.c.control, func.max(life.c.severity), func.count(), unknown)
    conditions = [life.c.environment.in_(ids), *lives(caller, which, now)]
    grouped = select(*columns).where(*conditions).group_by(life.c.environment, life.c.control)
    made: dict[_Place, tuple[int, int, int]] = {}
    for number, control, worst, count, blind in db.execute(grouped).all():
        place = number, family_of(control)
        before = made.get(place, (worst, 0, 0))
        made[place] = max(before[0], worst), before[1] + count, before[2] + int(blind)
    return made


def _judged(db: Connection, which: Filter, ids: Sequence[int]) -> dict[_Place, dict[str, int]]:
    side = [] if which.side is None else [interval.c.side == which.side.value]
    conditions = [
        interval.c.environment.in_(ids),
        interval.c.end.is_(None),
        *side,
        *of_controls(interval.c.control, which),
    ]
    key = (interval.c.environment, interval.c.control, interval.c.status)
    made: dict[_Place, dict[str, int]] = {}
    for number, control, status, count in db.execute(
        select(*key, func.count()).where(*conditions).group_by(*key)
    ).all():
        cell = made.setdefault((number, family_of(control)), {})
        cell[status] = cell.get(status, 0) + count
    return made


def _stretch(
    row: Row[Any],
    now: int,
    shown: Sequence[str],
    found: Mapping[_Place, tuple[int, int, int]],
    judged: Mapping[_Place, Mapping[str, int]],
    proofs: Mapping[Side, int],
) -> Stretch:
    late = row.overdue or (row.assessed is not None and row.assessed < now - row.objective)
    cells = (_cell(f, found.get((row.id, f)), judged.get((row.id, f), {})) for f in shown)
    return Stretch(
        environment=where_of(row), assessed=row.assessed, overdue=late, paused=row.paused,
        declared=proofs.get(Side.DECLARED), observed=proofs.get(Side.OBSERVED), cells=tuple(cells),
    )  # fmt: skip


def _cell(family: str, found: tuple[int, int, int] | None, judged: Mapping[str, int]) -> Cell:
    worst, count, unknown = found if found is not None else (0, 0, 0)
    return Cell(
        family=family, worst=Severity(worst) if found is not None else None, open=count, unknown=unknown,
        holds=judged.get(Status.HOLDS.value, 0), broken=judged.get(Status.BROKEN.value, 0),
        unjudged=judged.get(Status.UNKNOWN.value, 0),
    )  # fmt: skip

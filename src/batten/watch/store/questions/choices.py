"""What lists can be narrowed to: services, stages and environments that the caller sees, as far as a form has room for them."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import Connection, func, select

from batten.model.record import record
from batten.watch.model import Caller
from batten.watch.store.tables import environment
from batten.watch.store.visible import seen_by

T = TypeVar("T")
MOST = 300  # of each


@record(kw_only=True)
class Choices:
    """Services by name, stages in the order in which a change travels, environments (id, name) by service and stage. What there
    are more of than MOST is left out whole: it is searched for instead."""

    services: tuple[str, ...]
    stages: tuple[str, ...]
    environments: tuple[tuple[int, str], ...]


def choices(db: Connection, caller: Caller) -> Choices:
    """What there is to choose from."""
    seen, columns = seen_by(caller), environment.c
    services = db.execute(
        select(columns.service).where(seen).distinct().order_by(columns.service).limit(MOST + 1)
    )
    first = func.min(columns.place)
    stages = db.execute(
        select(columns.stage)
        .where(seen)
        .group_by(columns.stage)
        .order_by(first, columns.stage)
        .limit(MOST + 1)
    )
    order = (columns.service, columns.place, columns.stage, columns.id)
    named = db.execute(
        select(columns.id, columns.service, columns.stage).where(seen).order_by(*order).limit(MOST + 1)
    )
    return Choices(
        services=_few(tuple(services.scalars())),
        stages=_few(tuple(stages.scalars())),
        environments=_few(tuple((row.id, f"{row.service}/{row.stage}") for row in named)),
    )


def _few(every: tuple[T, ...]) -> tuple[T, ...]:
    return every if len(every) <= MOST else ()

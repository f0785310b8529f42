"""Environments: what is assessed, how often, and when next."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, tuple_, update

from batten.model.record import record
from batten.watch.model import Caller, Environment, Role, Source
from batten.watch.store.rows import as_json, by_name, texts
from batten.watch.store.tables import environment
from batten.watch.store.visible import seen_by

_ORDER = (environment.c.service, environment.c.place, environment.c.stage, environment.c.id)
Key = tuple[str, int, str, int]


@record(kw_only=True)
class Wanted:
    """Which environments a list is of; what is empty or None bounds nothing."""

    team: int = 0
    service: str = ""
    stage: str = ""
    paused: bool | None = None
    overdue: bool | None = None


def add(db: Connection, one: Environment) -> int:
    """A new environment; returns its id. Raises IntegrityError where the team has one of this service and stage."""
    key = db.execute(insert(environment).values(**_columns(one))).inserted_primary_key
    assert key is not None
    return int(key[0])


def change(db: Connection, one: Environment) -> None:
    """Write all of an environment but what schedule and assessments keep there (`due`, `assessed`, `overdue`); the next tick
    works out when it is due."""
    columns = {
        name: value
        for name, value in _columns(one).items()
        if name not in ("due", "assessed", "overdue", "created")
    }
    db.execute(update(environment).where(environment.c.id == one.id).values(planned=None, **columns))


def remove(db: Connection, number: int) -> None:
    """Remove an environment and all that was known of it; the audit stays."""
    db.execute(delete(environment).where(environment.c.id == number))


def find(
    db: Connection, caller: Caller, number: int, role: Role = Role.VIEWER, locked: bool = False
) -> Environment | None:
    """One environment over which the caller has the role; None where there is none, or it is another's. `locked`: nobody else
    changes it until the transaction ends."""
    wanted = select(environment).where(environment.c.id == number, seen_by(caller, role))
    row = db.execute(wanted.with_for_update(key_share=True) if locked else wanted).first()
    return environment_of(row) if row is not None else None


def every(db: Connection, caller: Caller, role: Role = Role.VIEWER) -> list[Environment]:
    """What the caller sees, services by name, stages in the order in which a change travels."""
    rows = db.execute(select(environment).where(seen_by(caller, role)).order_by(*_ORDER))
    return [environment_of(row) for row in rows]


def some(
    db: Connection, caller: Caller, ids: Iterable[int], role: Role = Role.VIEWER
) -> dict[int, Environment]:
    """Those of the environments over which the caller has the role, by id; a few hundred at a time."""
    wanted = sorted(set(ids))
    rows = db.execute(select(environment).where(environment.c.id.in_(wanted), seen_by(caller, role)))
    return {row.id: environment_of(row) for row in rows}


def page(db: Connection, caller: Caller, wanted: Wanted, after: Key | None, most: int) -> list[Environment]:
    """At most so many of them in the order of `every`, after the one of a key."""
    columns = environment.c
    found = []
    if wanted.team:
        found.append(columns.team == wanted.team)
    if wanted.service:
        found.append(columns.service == wanted.service)
    if wanted.stage:
        found.append(columns.stage == wanted.stage)
    if wanted.paused is not None:
        found.append(columns.paused == wanted.paused)
    if wanted.overdue is not None:
        found.append(columns.overdue == wanted.overdue)
    rows = select(environment).where(seen_by(caller), *found).order_by(*_ORDER).limit(most)
    if after is not None:
        rows = rows.where(tuple_(*_ORDER) > after)
    return [environment_of(row) for row in db.execute(rows)]


def key(one: Environment) -> Key:
    """An environment's place in the order of `every`."""
    return one.service, one.place, one.stage, one.id


def environment_of(row: Row[Any]) -> Environment:
    """The environment of a row of its table."""
    return Environment(
        id=row.id, team=row.team, service=row.service, stage=row.stage, place=row.place, source=Source(row.source),
        settings=by_name(row.settings), schedule=row.schedule, jitter=row.jitter, objective=row.objective, paused=row.paused,
        differences=texts(row.differences), created=row.created, due=row.due, assessed=row.assessed, overdue=row.overdue,
    )  # fmt: skip


def _columns(one: Environment) -> dict[str, object]:
    return {
        "team": one.team, "service": one.service, "stage": one.stage, "place": one.place, "source": one.source.value,
        "settings": as_json(one.settings), "schedule": one.schedule, "jitter": one.jitter, "objective": one.objective,
        "paused": one.paused, "differences": as_json(one.differences), "created": one.created, "due": one.due,
        "assessed": one.assessed, "overdue": one.overdue,
    }  # fmt: skip

"""Environments as answers name them, and which of them are production."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, select

from batten.model.record import record
from batten.watch.model import Caller
from batten.watch.store.tables import environment, team
from batten.watch.store.visible import seen_by

# Stages that are not production, though nothing comes after them.
_BEFORE = (
    "ci", "demo", "dev", "development", "e2e", "integration", "local", "localhost", "pre-production", "preprod", "preview", "qa",
    "sandbox", "stage", "staging", "test", "testing", "uat",
)  # fmt: skip


@record(kw_only=True)
class Where:
    """An environment by name. `production`: of the stages of its service that the caller sees, the last to which a change
    travels, unless its name says that it is for something else."""

    id: int
    team: int
    team_name: str
    service: str
    stage: str
    place: int
    production: bool = False

    @property
    def name(self) -> str:
        return f"{self.service}/{self.stage}"

    @property
    def order(self) -> tuple[bool, str, int, str, int]:
        """Production first, then by service and in the order in which a change travels."""
        return not self.production, self.service, self.place, self.stage, self.id


def production(caller: Caller) -> Select[tuple[int]]:
    """The ids of the environments that are production."""
    last = (
        select(environment.c.team, environment.c.service, func.max(environment.c.place).label("place"))
        .where(seen_by(caller))
        .group_by(environment.c.team, environment.c.service)
        .subquery()
    )
    same = and_(
        environment.c.team == last.c.team,
        environment.c.service == last.c.service,
        environment.c.place == last.c.place,
    )
    named = func.lower(environment.c.stage).not_in(_BEFORE)
    return select(environment.c.id).join(last, same).where(named, seen_by(caller))


def by_name(caller: Caller) -> tuple[ColumnElement[Any], ...]:
    """The order in which environments are listed: production first, then as `Where.order` has it."""
    first = environment.c.id.in_(production(caller)).desc()
    return first, environment.c.service, environment.c.place, environment.c.stage, environment.c.id


def named(db: Connection, caller: Caller, ids: Iterable[int]) -> dict[int, Where]:
    """Those of the environments that the caller sees, by id."""
    wanted = sorted(set(ids))
    found: dict[int, Where] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = environment.c.id.in_(wanted[start : start + _AT_ONCE])
        found |= {row.id: where_of(row) for row in db.execute(wheres(caller).where(some))}
    return found


def wheres(caller: Caller) -> Select[Any]:
    """Rows of the environments that the caller sees, as `where_of` reads them."""
    columns = (
        environment.c.id,
        environment.c.team,
        team.c.name.label("team_name"),
        environment.c.service,
        environment.c.stage,
        environment.c.place,
        environment.c.id.in_(production(caller)).label("production"),
    )
    return select(*columns).join(team, team.c.id == environment.c.team).where(seen_by(caller))


def where_of(row: Row[Any]) -> Where:
    return Where(
        id=row.id, team=row.team, team_name=row.team_name, service=row.service, stage=row.stage, place=row.place,
        production=bool(row.production),
    )  # fmt: skip


_AT_ONCE = 5_000  # parameters of a statement: SQLite takes 32,766, PostgreSQL 65,535

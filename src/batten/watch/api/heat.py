"""The map of environments and families of controls, over the API."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection

from batten.watch.api import filters, paging
from batten.watch.api.asked import Asked, Reply
from batten.watch.api.findings import EnvironmentRef
from batten.watch.api.wire import Label, shown
from batten.watch.store.questions import heat


class Cell(msgspec.Struct, frozen=True):
    family: Label
    worst: Label | None
    open: int
    unknown: int
    holds: int
    broken: int
    unjudged: int


class Stretch(msgspec.Struct, frozen=True):
    environment: EnvironmentRef
    assessed: datetime | None
    overdue: bool
    paused: bool
    declared: datetime | None
    observed: datetime | None
    cells: list[Cell]


class Map(msgspec.Struct, frozen=True):
    families: list[Label]
    rows: list[Stretch] = msgspec.field(name="items")
    next: str | None
    count: int


def read_map(db: Connection, asked: Asked) -> Reply:
    """One page of the map."""
    found = heat.heat(
        db,
        asked.caller,
        filters.wanted(asked),
        now=asked.now,
        after=paging.after(asked),
        most=paging.limit(asked),
    )
    return Reply(body=shown(Map, found, next=paging.written((found.next,)) if found.next else None))

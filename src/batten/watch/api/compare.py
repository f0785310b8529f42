"""Two environments, or two runs of one, compared over the API."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection

from batten.watch.api.asked import Asked, Reply
from batten.watch.api.findings import EnvironmentRef
from batten.watch.api.problems import missing
from batten.watch.api.wire import Label, Line, shown
from batten.watch.store.questions import compare

_MOST = 1_000  # differences of an answer


class End(msgspec.Struct, frozen=True):
    environment: EnvironmentRef
    run: int | None
    at: datetime | None
    commit: Label
    deployment: Label


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    life: int = msgspec.field(name="finding")
    side: Label
    place: Line
    line: int
    message: Line
    unknown: bool


class Difference(msgspec.Struct, frozen=True):
    cause: Line
    control: Label
    title: Line
    family: Label
    severity: Label
    message: Line
    left: list[Spot]
    right: list[Spot]
    only_left: int
    only_right: int
    both: int
    known_left: bool
    known_right: bool


class Turned(msgspec.Struct, frozen=True):
    control: Label
    title: Line
    side: Label
    left: Label | None
    right: Label | None


class Comparison(msgspec.Struct, frozen=True):
    left: End
    right: End
    differences: list[Difference]
    more: bool
    same: int
    controls: list[Turned]


def compare_environments(db: Connection, asked: Asked) -> Reply:
    """As they are now."""
    found = compare.environments(db, asked.caller, asked.whole("left"), asked.whole("right"))
    return missing("environment") if found is None else _reply(found)


def compare_runs(db: Connection, asked: Asked) -> Reply:
    """What was open after each."""
    found = compare.of_runs(db, asked.caller, asked.whole("left"), asked.whole("right"))
    return missing("run") if found is None else _reply(found)


def _reply(found: compare.Comparison) -> Reply:
    differences = [shown(Difference, one) for one in found.differences[:_MOST]]
    more = len(found.differences) > _MOST
    return Reply(body=shown(Comparison, found, differences=differences, more=more))

"""What to do first, what changed, and what is not known, over the API."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection

from batten.watch.api import filters, paging, times
from batten.watch.api.asked import Asked, Reply
from batten.watch.api.findings import EnvironmentRef
from batten.watch.api.wire import Label, Line, Lines, shown
from batten.watch.store.questions import changes, gaps, today


class Cause(msgspec.Struct, frozen=True):
    cause: Line
    control: Label
    case: Label
    title: Line
    family: Label
    severity: Label
    public: bool | None
    message: Line
    advice: Line
    places: int
    unknown: int
    regressed: int
    in_environments: int
    environments: list[EnvironmentRef]
    since: datetime
    safety: Label
    life: int = msgspec.field(name="finding")


class CauseList(msgspec.Struct, frozen=True):
    items: list[Cause]
    more: bool


class Deployment(msgspec.Struct, frozen=True):
    at: datetime
    environment: EnvironmentRef
    by: Label
    name: Label
    commit: Label


class Change(msgspec.Struct, frozen=True, kw_only=True):
    what: Label
    cause: Line
    control: Label
    title: Line
    family: Label
    severity: Label
    message: Line
    environment: EnvironmentRef
    findings: int
    at: datetime
    life: int = msgspec.field(name="finding")
    after: Deployment | None


class Changes(msgspec.Struct, frozen=True):
    since: datetime
    counts: dict[Label, int]
    changed: list[Change] = msgspec.field(name="items")
    more: bool
    deployed: list[Deployment] = msgspec.field(name="deployments")


class Unjudged(msgspec.Struct, frozen=True):
    side: Label
    control: Label
    title: Line
    since: datetime


class FailedRun(msgspec.Struct, frozen=True):
    run: int
    at: datetime
    error: Line


class Gap(msgspec.Struct, frozen=True):
    environment: EnvironmentRef
    assessed: datetime | None
    objective: int = msgspec.field(name="objective_seconds")
    overdue: bool
    paused: bool
    failed: FailedRun | None
    findings: int
    controls: list[Unjudged]
    problems: Lines


class GapList(msgspec.Struct, frozen=True):
    items: list[Gap]
    count: int


def list_causes(db: Connection, asked: Asked) -> Reply:
    """Causes in the order in which to repair them."""
    found = today.first(db, asked.caller, filters.wanted(asked), now=asked.now, most=paging.limit(asked))
    return Reply(body=CauseList([shown(Cause, one) for one in found.causes], found.more))


def list_changes(db: Connection, asked: Asked) -> Reply:
    """What changed since a time."""
    since = asked.time("since") or 0
    found = changes.changes(
        db, asked.caller, filters.wanted(asked), since=since, now=asked.now, most=paging.limit(asked)
    )
    return Reply(body=shown(Changes, found))


def list_unknown(db: Connection, asked: Asked) -> Reply:
    """Environments of which something is not known."""
    found = gaps.gaps(db, asked.caller, filters.wanted(asked), now=asked.now, most=paging.limit(asked))
    items = [shown(Gap, one, objective=times.seconds(one.objective)) for one in found.gaps]
    return Reply(body=GapList(items, found.count))

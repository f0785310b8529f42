"""What is known of each control in one environment, over the API."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection

from batten.watch.api import times
from batten.watch.api.asked import Asked, Reply
from batten.watch.api.findings import EnvironmentRef
from batten.watch.api.problems import missing
from batten.watch.api.wire import Label, Line, shown
from batten.watch.model import Side
from batten.watch.store.questions import one_environment


class Posture(msgspec.Struct, frozen=True):
    status: Label | None
    since: datetime | None
    holds_seconds: int
    broken_seconds: int
    unknown_seconds: int
    open: int
    unknown: int
    waived: int
    worst: Label | None


class ControlLine(msgspec.Struct, frozen=True):
    control: Label
    title: Line
    family: Label
    declared: Posture
    observed: Posture
    deviates: bool
    difference: bool
    waived_until: datetime | None


class ControlList(msgspec.Struct, frozen=True):
    environment: EnvironmentRef
    since: datetime
    declared: datetime | None
    observed: datetime | None
    items: list[ControlLine]


def list_environment_controls(db: Connection, asked: Asked) -> Reply:
    """Each control on both sides, with shares of the time."""
    number, days = asked.number("environment"), asked.whole("days", 30)
    found = one_environment.one(db, asked.caller, number, now=asked.now, days=days)
    if found is None:
        missing("environment")
    body = ControlList(
        environment=shown(EnvironmentRef, found.where),
        since=times.shown(found.since),
        declared=times.perhaps(found.proofs.get(Side.DECLARED)),
        observed=times.perhaps(found.proofs.get(Side.OBSERVED)),
        items=[_line(line) for line in found.lines],
    )
    return Reply(body=body)


def _line(one: one_environment.Line) -> ControlLine:
    return shown(ControlLine, one, declared=_posture(one.declared), observed=_posture(one.observed))


def _posture(one: one_environment.Posture) -> Posture:
    share = one.share
    return shown(
        Posture, one, holds_seconds=times.seconds(share.holds), broken_seconds=times.seconds(share.broken),
        unknown_seconds=times.seconds(share.unknown),
    )  # fmt: skip

"""What is known of each control in one environment, over the API."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection

from batten.watch.api import may, times
from batten.watch.api.asked import Asked, Reply
from batten.watch.api.findings import EnvironmentRef
from batten.watch.api.problems import missing
from batten.watch.api.wire import Label, Line, Lines, shown
from batten.watch.model import Side
from batten.watch.store.questions import one_environment
from batten.watch.store.questions.parity import behind_of


class Posture(msgspec.Struct, frozen=True, kw_only=True):
    status: Label | None
    since: datetime | None
    held_since: datetime | None
    proved: datetime | None
    holds: int = msgspec.field(name="holds_seconds")
    broken: int = msgspec.field(name="broken_seconds")
    blind: int = msgspec.field(name="unknown_seconds")
    fixes: int
    to_fix: int | None = msgspec.field(name="fix_seconds")
    regressed: int
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


class Lag(msgspec.Struct, frozen=True):
    side: Label
    control: Label
    gap: Label
    before: Label
    after: Label | None
    causes: Lines
    severity: Label | None
    accepted: Label | None


class Parity(msgspec.Struct, frozen=True):
    stage: EnvironmentRef | None
    items: list[Lag]


def read_parity(db: Connection, asked: Asked) -> Reply:
    """In what an environment is behind the stage before it."""
    one = may.environment(db, asked, asked.number("environment"))
    found = behind_of(db, asked.caller, one.id, now=asked.now)
    if found is None:
        return Reply(body=Parity(None, []))
    lags = [shown(Lag, lag) for lag in found.lags]
    return Reply(body=Parity(shown(EnvironmentRef, found.stage), lags))


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
    sides = {"declared": _posture(one.declared), "observed": _posture(one.observed)}
    return shown(ControlLine, one, deviates=one.deviates, **sides)


def _posture(one: one_environment.Posture) -> Posture:
    share = one.share
    return shown(
        Posture, one, holds=times.seconds(share.holds), broken=times.seconds(share.broken), blind=times.seconds(share.unknown),
        to_fix=None if one.mean_to_fix is None else times.seconds(one.mean_to_fix),
    )  # fmt: skip

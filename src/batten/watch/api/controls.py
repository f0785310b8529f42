"""What is known of each control in one environment, over the API."""

from __future__ import annotations

from sqlalchemy import Connection

from batten.watch.api import may, times
from batten.watch.api.asked import Asked, Reply
from batten.watch.api.problems import missing
from batten.watch.api.wire import Shown, shown
from batten.watch.model import Side
from batten.watch.store.questions import one_environment
from batten.watch.store.questions.parity import behind_of


def read_parity(db: Connection, asked: Asked) -> Reply:
    """In what an environment is behind the stage before it."""
    one = may.environment(db, asked, asked.number("environment"))
    found = behind_of(db, asked.caller, one.id, now=asked.now)
    if found is None:
        return Reply(body=shown("Parity", stage=None, items=[]))
    return Reply(body=shown("Parity", found, items=found.lags))


def list_environment_controls(db: Connection, asked: Asked) -> Reply:
    """Each control on both sides, with shares of the time."""
    number, days = asked.number("environment"), asked.whole("days", 30)
    found = one_environment.one(db, asked.caller, number, now=asked.now, days=days)
    if found is None:
        missing("environment")
    body = shown(
        "ControlList",
        environment=found.where,
        since=found.since,
        declared=found.proofs.get(Side.DECLARED),
        observed=found.proofs.get(Side.OBSERVED),
        items=[_line(line) for line in found.lines],
    )
    return Reply(body=body)


def _line(one: one_environment.Line) -> Shown:
    sides = {"declared": _posture(one.declared), "observed": _posture(one.observed)}
    return shown("ControlLine", one, **sides)


def _posture(one: one_environment.Posture) -> Shown:
    share = one.share
    return shown(
        "Posture", one, holds_seconds=times.seconds(share.holds), broken_seconds=times.seconds(share.broken),
        unknown_seconds=times.seconds(share.unknown), fix_seconds=None if one.mean_to_fix is None else times.seconds(one.mean_to_fix),
    )  # fmt: skip

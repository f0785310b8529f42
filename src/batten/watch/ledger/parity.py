"""Stages of one service, in the order in which a change travels: what a later one is weaker in than the one before it.

Compared is control by control, files with files and what runs with what runs. What is not known on the earlier stage, or has
nothing to judge on one of them, cannot be compared and is not guessed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import field
from enum import Enum

from batten.model import Severity
from batten.model.record import record
from batten.watch.ledger.intervals import Ruled
from batten.watch.model import Side, Status

_KNOWN = (Status.HOLDS, Status.BROKEN)


class Gap(Enum):
    """How a stage is behind the one before."""

    WEAKER = "weaker"  # broken here and not there, by other causes, or worse
    UNKNOWN = "unknown"  # known there and not here


class Accepted(Enum):
    """Who says that it may be so."""

    DECLARED = "declared"  # the environment's `differences`
    WAIVED = "waived"  # waivers of all its findings


@record(kw_only=True)
class Posture:
    """What is known of an environment: the status of each control on each side, and of those that are broken the causes with
    their worst severity. `waived` are causes of which every finding is waived."""

    statuses: Mapping[Ruled, Status] = field(default_factory=dict)
    causes: Mapping[Ruled, Mapping[str, Severity]] = field(default_factory=dict)
    waived: frozenset[tuple[Side, str]] = frozenset()


@record(kw_only=True)
class Lag:
    """One control in which a stage is behind the one before. `causes` are those that the earlier stage does not have, or has
    milder; `severity` is the worst of them."""

    side: Side
    control: str
    gap: Gap
    before: Status
    after: Status | None  # None: it was never judged here
    causes: tuple[str, ...] = ()
    severity: Severity | None = None
    accepted: Accepted | None = None


def behind(before: Posture, after: Posture, differences: Collection[str]) -> list[Lag]:
    """In what a stage is behind the one before it: what nobody accepts first, then the worst. `differences` are slugs of controls
    in which it may be."""
    found = [lag for key in before.statuses for lag in _lags(key, before, after, differences)]
    return sorted(found, key=_order)


def _lags(key: Ruled, before: Posture, after: Posture, differences: Collection[str]) -> Iterator[Lag]:
    side, control = key
    earlier, later = before.statuses[key], after.statuses.get(key)
    declared = Accepted.DECLARED if control in differences else None
    if earlier not in _KNOWN:
        return
    if later is Status.BROKEN:
        # The causes of a stage that the one before does not have, or has milder, the worst first.
        worse_before = before.causes.get(key, {})
        found = {
            cause: worst
            for cause, worst in after.causes.get(key, {}).items()
            if cause not in worse_before or worse_before[cause] < worst
        }
        worse = dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
        if not worse and earlier is Status.BROKEN:
            return
        waived = worse and all((side, cause) in after.waived for cause in worse)
        yield Lag(
            side=side, control=control, gap=Gap.WEAKER, before=earlier, after=later, causes=tuple(worse),
            severity=max(worse.values(), default=None), accepted=declared or (Accepted.WAIVED if waived else None),
        )  # fmt: skip
    elif later is Status.UNKNOWN or (later is None and any(other is side for other, _ in after.statuses)):
        yield Lag(side=side, control=control, gap=Gap.UNKNOWN, before=earlier, after=later, accepted=declared)


def _order(lag: Lag) -> tuple[object, ...]:
    worst = -1 if lag.severity is None else int(lag.severity)
    return lag.accepted is not None, lag.gap is Gap.UNKNOWN, -worst, lag.control, lag.side.value

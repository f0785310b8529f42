"""What changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum

from batten.model import Severity
from batten.model.record import record


class Happening(Enum):
    """What changed. Alerts, audit, live progress and webhooks read these."""

    FINDING_NEW = "finding-new"
    FINDING_REGRESSED = "finding-regressed"
    FINDING_FIXED = "finding-fixed"
    FINDING_WORSE = "finding-worse"  # its severity rose, or the value seen changed
    FINDING_MILDER = "finding-milder"  # its severity fell
    FINDING_MOVED = "finding-moved"  # its file was renamed
    FINDING_UNKNOWN = "finding-unknown"  # it can no longer be looked at
    FINDING_SEEN = "finding-seen"  # it can be looked at again, and stands
    CONTROL_HOLDS = "control-holds"
    CONTROL_BROKEN = "control-broken"
    CONTROL_UNKNOWN = "control-unknown"
    CONTROL_ABSENT = "control-absent"
    RUN_QUEUED = "run-queued"
    RUN_STARTED = "run-started"
    RUN_DONE = "run-done"
    RUN_FAILED = "run-failed"
    RUN_CANCELLED = "run-cancelled"
    OVERDUE = "environment-overdue"  # not assessed within its objective
    ON_TIME = "environment-on-time"  # assessed again
    DEPLOYED = "deployed"  # a webhook told of a deployment
    WAIVER_ENDING = "waiver-ending"
    WAIVER_ENDED = "waiver-ended"
    WAIVER_UNUSED = "waiver-unused"
    VALUE_CHANGED = "waiver-value-changed"  # the value seen is no longer the one that was waived


@record(kw_only=True)
class Event:
    """One change, in the transaction of what caused it. `data` is small and public to those who see the environment."""

    id: int = 0
    at: int
    what: Happening
    environment: int = 0
    run: int = 0
    life: int = 0
    control: str = ""
    severity: Severity | None = None
    by: str = ""
    data: Mapping[str, str] = field(default_factory=dict)

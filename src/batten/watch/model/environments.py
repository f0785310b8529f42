"""What is assessed, and each assessment of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum

from batten.model.record import record
from batten.watch.model.times import DAY


class Source(Enum):
    """Where an environment's assessments come from."""

    REPOSITORY = "repository"  # a git repository, and the environment of its batten.yaml that is probed, if one is named
    LIVE = "live"  # a URL
    PUSHED = "pushed"  # reports that CI sends
    TRAFFIC = "traffic"  # what a guard recorded


class RunState(Enum):
    """Where a run stands; those after RUNNING are ends."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        return self in (RunState.DONE, RunState.FAILED, RunState.CANCELLED)


class Why(Enum):
    """What made a run."""

    SCHEDULE = "schedule"
    DEMAND = "demand"
    WEBHOOK = "webhook"
    PUSH = "push"


@record(kw_only=True)
class Environment:
    """One API in one stage. `schedule` is cron text (five fields, UTC), or an interval as in "15m", "6h", "1d"; "" is on demand
    alone. Times are milliseconds; `settings` are of the source (`assess/sources.py`), without secrets: `${NAME}` is read
    from the environment of the worker. `differences` are slugs in which it may fall behind the stage before it."""

    id: int = 0
    team: int
    service: str
    stage: str
    place: int = 0  # the stage's place in the order in which a change travels
    source: Source
    settings: Mapping[str, str] = field(default_factory=dict)
    schedule: str = "1h"
    jitter: int = 0
    objective: int = DAY  # it is to be assessed at least as often
    paused: bool = False
    differences: tuple[str, ...] = ()
    created: int = 0
    due: int | None = None  # when it is assessed next; None: not by itself
    assessed: int | None = None  # when the last finished run that looked at it ended
    overdue: bool = False

    @property
    def name(self) -> str:
        return f"{self.service}/{self.stage}"


@record(kw_only=True)
class Run:
    """One assessment of an environment, from the queue to its end. `problems` are sentences: what was not read or reached."""

    id: int = 0
    environment: int
    why: Why
    by: str = ""  # who asked
    state: RunState = RunState.QUEUED
    queued: int
    started: int | None = None
    ended: int | None = None
    worker: str = ""
    lease: int | None = None  # until when the worker has it
    attempt: int = 0
    beats: int = 0  # how often its workers have said that they have it
    cancel: bool = False  # somebody wants it to stop
    progress: str = ""
    commit: str = ""  # the revision that was read
    deployment: str = ""  # what a webhook or CI called it
    version: str = ""  # of batten
    error: str = ""  # why it failed, a sentence
    problems: tuple[str, ...] = ()
    opened: int = 0  # lives that it opened or reopened
    fixed: int = 0
    standing: int = 0


@record
class Team:
    """Whose environments are together; another team's are never seen without a grant."""

    id: int
    name: str

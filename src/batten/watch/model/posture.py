"""What is known: findings with their lives, and the state of controls over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum

from batten.model import Severity
from batten.model.record import record


class Side(Enum):
    """Which of the two readings of a posture: what files declare, or what a running system shows."""

    DECLARED = "declared"
    OBSERVED = "observed"


class Status(Enum):
    """What is known of one control in one environment, on one side."""

    HOLDS = "holds"
    BROKEN = "broken"
    UNKNOWN = "unknown"
    ABSENT = "absent"  # it judged something once, and a complete assessment found nothing that it judges


class LifeState(Enum):
    """Where a finding stands. UNKNOWN: it was open, and the last run could not look at it."""

    OPEN = "open"
    UNKNOWN = "unknown"
    FIXED = "fixed"


@record(kw_only=True)
class Seen:
    """One finding at one place, as an assessment saw it. `value` is a digest of the value seen (""; nothing that changes).
    `detail` is JSON (`ledger/details.py`): evidence, advice, fix. Texts are masked. Of those that do not count, some are accepted
    where they were found (a comment, batten.yaml, a baseline): their controls are broken all the same, and `breaks` says so."""

    side: Side
    fingerprint: str
    kin: str = ""  # the fingerprint without the file
    control: str
    case: str
    severity: Severity
    message: str
    place: str  # file or URL
    line: int = 0
    pointer: str = ""
    cause: str  # what is one cause has one text here, in every environment
    public: bool | None = None
    counts: bool = True
    breaks: bool = True
    value: str = ""
    detail: bytes = b""


@record(kw_only=True)
class Assessed:
    """What one assessment brought. `judged` are the controls that were asked about something, by side: those of them that
    nothing was found of hold. `places` are what was looked at whole: declared files by path, addresses by URL; a finding in
    another place is not fixed because it was not seen. `complete` are the sides of which nothing was left out, and `sides`
    those that it set out to look at: of another side it says nothing, not even that it is unknown. `off` are controls
    that a policy turns off: nothing was looked at for them. `unread` are places that are there and were not read whole: what
    is complete says nothing of them. `missed` names by side, as a digest, what was left out: where it is the same as the last
    time, what was seen then was looked at again."""

    found: tuple[Seen, ...] = ()
    judged: Mapping[Side, frozenset[str]] = field(default_factory=dict)
    places: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()
    complete: frozenset[Side] = frozenset()
    sides: frozenset[Side] = frozenset(Side)
    off: frozenset[str] = frozenset()
    missed: Mapping[Side, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    commit: str = ""
    deployment: str = ""
    version: str = ""


@record(kw_only=True)
class Life:
    """A finding in an environment, from the run that opened it to the one that closed it; reopened, it has regressed.
    `since` is when it got its present state, `began` when its present or last time open began."""

    id: int = 0
    environment: int
    side: Side
    fingerprint: str
    kin: str = ""
    control: str
    case: str
    severity: Severity
    message: str
    place: str
    line: int = 0
    pointer: str = ""
    cause: str
    public: bool | None = None
    counts: bool = True
    breaks: bool = True
    value: str = ""
    detail: str = ""  # the digest of its detail
    state: LifeState = LifeState.OPEN
    opened: int
    opened_by: int  # the run
    closed: int | None = None
    closed_by: int | None = None
    since: int
    began: int = 0
    regressed: int = 0  # how often
    open_for: int = 0  # milliseconds of its earlier times open


@record(kw_only=True)
class Span:
    """One of the times in which a life was open, from run to run; all but the `first` began because it regressed."""

    life: int
    first: bool
    opened: int
    opened_by: int
    closed: int | None = None
    closed_by: int | None = None


@record(kw_only=True)
class Interval:
    """What was known of one control in one environment, from when to when (None: now)."""

    id: int = 0
    environment: int
    side: Side
    control: str
    status: Status
    start: int
    end: int | None = None
    run: int = 0  # the run that began it

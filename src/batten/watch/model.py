"""The nouns of `batten watch`, without SQL and without a clock: a time is an integer, milliseconds since 1970 in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum, IntEnum

from batten.model import Severity
from batten.model.record import record

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


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


class LifeState(Enum):
    """Where a finding stands. UNKNOWN: it was open, and the last run could not look at it."""

    OPEN = "open"
    UNKNOWN = "unknown"
    FIXED = "fixed"


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


class Role(IntEnum):
    """What a user may do in what they see; each may do all that the ones before may."""

    VIEWER = 1  # read
    OPERATOR = 2  # run, cancel, pause; write waivers
    ADMIN = 3  # environments, users, tokens, channels

    @property
    def label(self) -> str:
        return self.name.lower()


@record
class Grant:
    """A role over everything (`team` and `environment` 0), over a team's environments, or over one environment."""

    role: Role
    team: int = 0
    environment: int = 0


@record(kw_only=True)
class Caller:
    """Who asks: a user in a browser, a token, or the service itself. `grants` bound what is seen and done; a token's `scopes`
    bound it further (`access/scopes.py`), and None is no further bound."""

    name: str
    user: int = 0  # 0: the service itself
    token: int = 0  # 0: not by a token
    grants: tuple[Grant, ...] = ()
    scopes: frozenset[str] | None = None


SERVICE = Caller(name="batten watch", grants=(Grant(Role.ADMIN),))


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


class WaiverState(Enum):
    """PROPOSED waits for somebody else's word, where four eyes are required."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


@record(kw_only=True)
class Waiver:
    """A finding that is accepted until a day: by its fingerprint and the value seen, in one environment. `proposer` is the
    account of who proposed it (0: the service itself), who may not approve it where four eyes are required. `replaces` is
    the waiver that it extends, which ends when this one is approved."""

    id: int = 0
    environment: int
    side: Side
    fingerprint: str
    value: str
    control: str
    message: str
    owner: str
    reason: str
    ticket: str = ""
    until: int
    state: WaiverState = WaiverState.ACTIVE
    created: int
    by: str
    proposer: int = 0
    replaces: int = 0
    approved: str = ""  # who approved it
    ended: int | None = None
    ended_by: str = ""
    warned: bool = False  # that it ends soon was told


@record
class Team:
    """Whose environments are together; another team's are never seen without a grant."""

    id: int
    name: str


class ChannelKind(Enum):
    """Where alerts can go; `alerts/kinds/` has a module for each."""

    WEBHOOK = "webhook"
    SMTP = "smtp"
    SLACK = "slack"
    TEAMS = "teams"
    ALERTMANAGER = "alertmanager"
    PAGERDUTY = "pagerduty"
    APPRISE = "apprise"


@record(kw_only=True)
class Channel:
    """Where alerts go. `settings` are of its kind, and `${NAME}` in them is a secret that is read when it is used. `severity` is the
    mildest that is told; `team` and `environment` bound it (0: all). `quiet` has hours in which only critical alerts are sent
    (`alerts/quiet.py`), `again` is after how many milliseconds what still stands is told again (0: never)."""

    id: int = 0
    name: str
    kind: ChannelKind
    settings: Mapping[str, str] = field(default_factory=dict)
    severity: Severity = Severity.MEDIUM
    team: int = 0
    environment: int = 0
    quiet: str = ""
    again: int = 0
    disabled: bool = False
    created: int = 0
    read: int = 0  # the last event that was made into messages
    error: str = ""  # why the last message was not delivered; "" when it was


@record(kw_only=True)
class User:
    id: int = 0
    name: str
    hash: str = field(default="", repr=False)  # argon2; "": no password, OIDC alone
    issuer: str = ""  # of OIDC
    subject: str = ""
    disabled: bool = False
    must_change: bool = False
    created: int = 0
    seen: int | None = None


@record(kw_only=True)
class Session:
    """A browser that is logged in. Its id is known to the browser alone; `csrf` goes into its forms."""

    user: int
    csrf: str = field(repr=False)
    created: int
    seen: int
    expires: int


@record(kw_only=True)
class Token:
    """What a program presents instead of a password: its owner's grants within a team or an environment (0: all of them), and
    within its scopes. `hint` is its beginning, for people; the rest is not kept."""

    id: int = 0
    name: str
    hint: str = ""
    user: int
    scopes: tuple[str, ...] = ()
    team: int = 0
    environment: int = 0
    created: int = 0
    expires: int | None = None
    used: int | None = None

"""What a run hands to reports: the same for review, probe and check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum

from batten.controls import collected
from batten.engine.causes import Cause, causes
from batten.engine.ledger import REQUIRED, Ledger
from batten.engine.trend import Point
from batten.facts import Recognised
from batten.model import Created, Finding, Location, Problem, Severity, State, clock
from batten.model.record import record


class ExitCode(IntEnum):
    CLEAN = 0
    FINDINGS = 1
    USAGE = 2
    INCOMPLETE = 3


@record
class Past:
    """A finding of an earlier run that is not there any more (fixed), or could not be looked for."""

    control: str
    severity: Severity
    message: str
    source: str
    pointer: str
    environment: str
    state: State
    line: int = 0


@record
class EnvironmentOutcome:
    """How far an environment was assessed. `reached` is False when nothing answered."""

    name: str
    url: str
    reached: bool
    exchanges: int = 0
    not_assessed: tuple[Problem, ...] = ()  # what failed: the run is incomplete
    left_alone: tuple[Problem, ...] = ()  # what was not asked on purpose
    judged: frozenset[str] = frozenset()  # slugs of the controls that were asked about something seen there
    asked: bool = True  # False: the user has not vouched for its addresses
    missed: str = ""  # a digest of the probes that failed: the same where the same ones did
    answers: tuple[Recognised, ...] = ()  # which technologies do
    undeclared: tuple[str, ...] = ()  # controls that break there and in no file that was reviewed
    unseen: tuple[str, ...] = ()  # `hsts-sent at nginx.conf:12`: declared of what answers there, and not seen
    created: tuple[Created, ...] = ()  # what an active assessment created, removed or not
    carried: str = ""  # ISO time at which an interrupted run was done with it; "" for what this run assessed


@record
class ServiceOutcome:
    """What listens at one port: `target` names the environment that it was assessed as, "" where batten does not assess it;
    `worst` and `message` are of the first finding."""

    port: int
    kind: str
    target: str
    worst: Severity | None = None
    findings: int = 0
    message: str = ""

    @property
    def rank(self) -> int:
        return -1 if self.worst is None else int(self.worst)


@record
class HostOutcome:
    """A host with open ports, the worst service first. `partly` are ports that only some of its addresses have open."""

    host: str
    addresses: tuple[str, ...]
    services: tuple[ServiceOutcome, ...]
    partly: tuple[int, ...] = ()
    closed: int = 0
    silent: int = 0

    @property
    def rank(self) -> int:
        return max(service.rank for service in self.services)


@record
class FleetOutcome:
    """What discovery saw: hosts with open ports, the worst first, and how many ports of `addresses` answered how."""

    hosts: tuple[HostOutcome, ...]
    addresses: int
    connections: int
    open: int
    closed: int
    silent: int
    seconds: float


@record
class Withheld:
    """What the policy keeps out of a run's verdict: controls that are off or `milder` than batten has them, how many files are
    left out, settings that require less than the default. `hidden` counts causes by control."""

    off: tuple[str, ...] = ()
    ignored: int = 0
    mapped: int = 0  # findings that its `contexts:` take out of the verdict or make milder
    milder: tuple[str, ...] = ()
    hidden: Mapping[str, int] = field(default_factory=dict)
    settings: Mapping[str, int] = field(default_factory=dict)


@record
class Lowered:
    """What a change lowers: a control, a gate, files. `findings` counts those that the base's policy reports and this keeps from
    the verdict, or makes milder; `kind` is a case of `policy-not-lowered`."""

    kind: str
    subject: str
    before: str
    after: str
    at: Location
    findings: int


OLD = 120  # days after which end-of-life data are told to be old


@dataclass(slots=True)
class Outcome:
    command: str  # "review", "probe", "check"
    root: str
    gate: Severity
    findings: list[Finding] = field(default_factory=list)  # suppressed ones included, worst first
    problems: list[Problem] = field(default_factory=list)
    environments: list[EnvironmentOutcome] = field(default_factory=list)
    past: list[Past] = field(default_factory=list)
    files: int = 0
    units: int = 0
    withheld: Withheld = field(default_factory=Withheld)
    ledger: Ledger | None = None  # None: a run that reads no files
    today: date = field(default_factory=lambda: clock.today())
    trend: list[Point] = field(default_factory=list)  # this run and earlier ones, where a history is kept
    lowered: tuple[Lowered, ...] = ()  # by the change, against the base's policy
    stood: int | None = None  # findings that counted before the change; None: not compared with a revision
    judged: frozenset[str] = (
        frozenset()
    )  # slugs of the controls that were asked about something in production files
    chosen: tuple[str, ...] = ()  # controls whose findings alone are reported; none: all
    only: tuple[str, ...] = ()  # paths below the root that were read; none: all of it
    passed: tuple[str, ...] = ()  # files that are named like configuration and were not read
    fleet: FleetOutcome | None = None  # where ports were looked for
    whole: bool = True  # False: interrupted before every target had its turn

    @property
    def age(self) -> int:
        """How many days old the data on ends of life are."""
        return (self.today - collected()).days

    @property
    def active(self) -> list[Finding]:
        """Findings that count: not suppressed, in a context that is part of the verdict."""
        return [f for f in self.findings if f.suppression is None and f.counts]

    @property
    def apart(self) -> list[Finding]:
        """Findings that are not suppressed, in contexts that are not part of the verdict."""
        return [f for f in self.findings if f.suppression is None and not f.counts]

    @property
    def suppressed(self) -> list[Finding]:
        """Findings that are suppressed."""
        return [f for f in self.findings if f.suppression is not None]

    def fails(self, finding: Finding) -> bool:
        """Whether the finding alone makes the run fail: it counts, and is at or above the gate."""
        return finding.suppression is None and finding.counts and finding.severity >= self.gate

    @property
    def causes(self) -> list[Cause]:
        """The causes of the active findings, first things first."""
        return causes(self.active)

    @property
    def empty(self) -> bool:
        """Whether nothing was assessed: no file of the repository was read, and no environment and no port answered."""
        if self.fleet is not None and not (self.fleet.open or self.fleet.closed):
            return not any(e.reached for e in self.environments)
        read = self.ledger is None or self.ledger.assessed
        return not read and not any(e.reached for e in self.environments)

    @property
    def exit_code(self) -> ExitCode:
        if any(p.stage == REQUIRED for p in self.problems):
            return ExitCode.INCOMPLETE
        if any(map(self.fails, self.findings)):
            return ExitCode.FINDINGS
        if (
            self.empty
            or any(p.counts for p in self.problems)
            or any(e.not_assessed or not e.reached for e in self.environments)
        ):
            return ExitCode.INCOMPLETE
        return ExitCode.CLEAN

    def count(self, found: Iterable[Cause] | None = None) -> dict[Severity, int]:
        """How many causes of active findings there are of each severity, worst first."""
        counted = dict.fromkeys(reversed(Severity), 0)
        for cause in self.causes if found is None else found:
            counted[cause.severity] += 1
        return counted

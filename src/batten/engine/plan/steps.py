"""The records of a plan, and the order of its steps."""

from __future__ import annotations

from enum import Enum

from batten.engine.outcome import ExitCode
from batten.engine.review import order
from batten.model import Finding, Problem, Severity
from batten.model.record import record


class Way(Enum):
    """How a step is done, the quickest and safest first."""

    SAFE = "safe-fix"
    RISKY = "risky-fix"
    ANSWER = "answer"  # batten writes it once batten.yaml answers a question
    TARGET = "target"  # `batten harden` renders what replaces the file
    HAND = "hand"


# What a step saves counts so many times: a safe fix costs a minute and breaks nothing, a person's work costs most.
_EASE = {Way.SAFE: 48, Way.RISKY: 6, Way.ANSWER: 4, Way.TARGET: 4, Way.HAND: 3}
_OUTSIDE, _UNKNOWN, _INSIDE = 3, 2, 1


@record(kw_only=True)
class Step:
    """Findings of one cause that are resolved in one way, the first of them the worst. `others` are how many findings of the
    same controls belong to other steps; `seen` are findings of running environments that the same change ends; `target` is
    what `batten harden` renders instead, "" for nothing."""

    key: str
    way: Way
    message: str
    findings: tuple[Finding, ...]
    seen: tuple[Finding, ...] = ()
    others: int = 0
    target: str = ""

    @property
    def lead(self) -> Finding:
        return self.findings[0]

    @property
    def severity(self) -> Severity:
        return self.lead.severity

    @property
    def controls(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(finding.control for finding in self.findings))

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(f.at.source for f in self.findings if not f.environment))

    @property
    def environments(self) -> tuple[str, ...]:
        """The environments in which it was seen."""
        found = (f.environment for f in (*self.findings, *self.seen) if f.environment)
        return tuple(dict.fromkeys(found))

    @property
    def marks(self) -> frozenset[tuple[str, str]]:
        """What tells its findings from all others: fingerprint and source."""
        return frozenset((f.fingerprint, f.at.source) for f in self.findings)

    @property
    def worth(self) -> int:
        """What it saves (each severity is twice the one below it; three times that where outsiders reach it, twice where
        nothing shows who does), for what it costs."""
        reached = any(f.public or f.environment for f in (*self.findings, *self.seen))
        unknown = any(f.public is None for f in self.findings)
        reach = _OUTSIDE if reached else _UNKNOWN if unknown else _INSIDE
        return (1 << self.severity) * reach * _EASE[self.way]


def first_things_first(step: Step) -> tuple[object, ...]:
    """The order of steps: the most worth for the least cost; of equals the worst, then the place."""
    return -step.worth, -step.severity, -len(step.findings), *order(step.lead), step.key


@record(kw_only=True)
class Plan:
    """Steps in their order. `root` is the folder that was reviewed, `exit_code` what a check of it ends with, `problems` what
    was not assessed, so what may be missing here; `contract` is the one of batten.yaml, "" where there is none;
    `apart` is how many findings are in files that are not part of the verdict."""

    root: str
    steps: tuple[Step, ...]
    exit_code: ExitCode
    gate: Severity
    problems: tuple[Problem, ...] = ()
    contract: str = ""
    apart: int = 0

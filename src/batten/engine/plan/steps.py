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


class Reached(Enum):
    """Who can use what the findings of a step leave open, the widest first."""

    OUTSIDE = "the internet reaches it"
    UNKNOWN = "nothing shows who reaches it"
    INSIDE = "only the own network reaches it"


_EASE = tuple(Way)
_REACH = tuple(Reached)


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
    def reached(self) -> Reached:
        """The widest of its findings; what an environment showed was reached from outside."""
        if any(f.public or f.environment for f in (*self.findings, *self.seen)):
            return Reached.OUTSIDE
        unknown = any(f.public is None for f in self.findings)
        return Reached.UNKNOWN if unknown else Reached.INSIDE


def first_things_first(step: Step) -> tuple[object, ...]:
    """The order of steps: severity, then who can reach it, then the effort; of equals the one that resolves most, then the place."""
    ease, reach = _EASE.index(step.way), _REACH.index(step.reached)
    return -step.severity, reach, ease, -len(step.findings), *order(step.lead), step.key


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

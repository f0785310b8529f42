"""How many findings of each severity earlier runs had: what a chart over time is drawn of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from batten.engine.causes import causes
from batten.model import Finding, Severity
from batten.model.record import record

MOST = 40  # runs of a trend
WORST_FIRST = tuple(reversed(Severity))


@record
class Point:
    """A run over the whole tree: when it started (ISO time, UTC), its findings by severity, worst first, and how many
    problems kept it from being complete."""

    started: str
    counts: dict[Severity, int]
    problems: int = 0

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def tally(findings: Iterable[Finding]) -> str:
    """The number of causes that count towards the verdict, of each severity, as the history keeps it."""
    counted = Counter(c.severity for c in causes(f for f in findings if f.suppression is None and f.counts))
    return " ".join(str(counted[severity]) for severity in WORST_FIRST)


def counts_of(kept: str) -> dict[Severity, int]:
    """What `tally` wrote."""
    return dict(zip(WORST_FIRST, map(int, kept.split()), strict=True))

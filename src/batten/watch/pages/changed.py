"""What changed, as a page shows it: causes under what happened to them, each once over all environments."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from types import MappingProxyType

from batten.model import Severity
from batten.model.record import record
from batten.watch.model import Happening
from batten.watch.store.questions.changes import FINDINGS, Changed, Changes, Deployed
from batten.watch.store.questions.wheres import Where

WORDS = MappingProxyType(
    {
        Happening.FINDING_REGRESSED: "regressed",
        Happening.FINDING_NEW: "new",
        Happening.FINDING_WORSE: "worse",
        Happening.FINDING_UNKNOWN: "unknown",
        Happening.FINDING_SEEN: "seen again",
        Happening.FINDING_FIXED: "fixed",
    }
)
_SHOWN = 5  # causes of one kind that are shown at once


@record(kw_only=True)
class Line:
    """One cause to which the same happened in some environments. `life` stands for them, `at` is the latest time."""

    life: int
    message: str
    severity: Severity
    at: int
    environments: tuple[Where, ...]
    after: Deployed | None


@record(kw_only=True)
class Kind:
    """All to which one thing happened: how many findings, the first causes, and those that are folded away."""

    word: str
    findings: int
    lines: tuple[Line, ...]
    folded: tuple[Line, ...]


def kinds(changes: Changes) -> tuple[Kind, ...]:
    """Changes by what happened, in the order of FINDINGS; what happened to nothing is left out."""
    return tuple(_kinds(changes))


def _kinds(changes: Changes) -> Iterator[Kind]:
    for what in FINDINGS:
        lines = _lines([one for one in changes.changed if one.what is what])
        if lines:
            count = changes.counts.get(what, 0)
            yield Kind(word=WORDS[what], findings=count, lines=lines[:_SHOWN], folded=lines[_SHOWN:])


def _lines(changed: list[Changed]) -> tuple[Line, ...]:
    by_cause = groupby(sorted(changed, key=lambda one: one.cause), key=lambda one: one.cause)
    made = [_line(list(some)) for _, some in by_cause]
    return tuple(sorted(made, key=lambda line: (-line.severity, -line.at, line.message)))


def _line(some: list[Changed]) -> Line:
    latest = max(some, key=lambda one: one.at)
    places = sorted({one.environment for one in some}, key=lambda where: where.order)
    return Line(
        life=latest.life, message=latest.message, severity=max(one.severity for one in some), at=latest.at,
        environments=tuple(places), after=latest.after,
    )  # fmt: skip

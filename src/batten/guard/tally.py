"""Traffic that the contract does not know: counted, not kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from batten.guard.options import Rule
from batten.model.record import record

MOST = 1_000  # things counted apart; callers choose the paths, so there must be an end
LONGEST = 200
REST = "(others)"


@record
class Count:
    rule: Rule
    what: str  # "GET /v1/admin/export"
    enforced: bool
    times: int


@dataclass(slots=True)
class Tally:
    """`what` is an operation (with an undeclared query parameter after `?`), or an undeclared method and path."""

    _counts: Counter[tuple[Rule, str, bool]] = field(default_factory=Counter)

    def add(self, rule: Rule, what: str, enforced: bool) -> bool:
        """Whether it is counted for the first time."""
        key = (rule, what[:LONGEST], enforced)
        if key not in self._counts and len(self._counts) >= MOST:
            key = (rule, REST, enforced)
        self._counts[key] += 1
        return self._counts[key] == 1

    def counts(self) -> tuple[Count, ...]:
        """The most frequent first."""
        return tuple(Count(*key, times) for key, times in self._counts.most_common())

    def total(self, rule: Rule) -> int:
        return sum(times for (counted, _, _), times in self._counts.items() if counted is rule)

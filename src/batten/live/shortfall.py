"""What an assessment does not tell: what failed, and what was left alone on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from batten.live.exchange import LeftAlone, NotAnswered
from batten.model import Problem

SHOWN = 3  # probes named with one reason


@dataclass(slots=True)
class Shortfall:
    """Reasons with the probes they cost. Only what failed makes an assessment incomplete."""

    failed: list[tuple[str, str]] = field(default_factory=list)  # reason, probe
    left: list[tuple[str, str, str]] = field(default_factory=list)  # reason, hint, probe

    def note(self, reason: NotAnswered, probe: str) -> None:
        if isinstance(reason, LeftAlone):
            self.left.append((str(reason), reason.hint, probe))
        else:
            self.failed.append((str(reason), probe))

    def not_assessed(self, url: str) -> Iterator[Problem]:
        """One problem a reason: a target that went away is said once, not once a question."""
        for (reason, _), probes in _by_reason([(reason, "", probe) for reason, probe in self.failed]):
            message = f"not assessed: {probes}: {reason}"
            yield Problem(url, "probe", message, hint="not assessed means unknown, not passed")

    def left_alone(self, url: str) -> Iterator[Problem]:
        for (reason, hint), probes in _by_reason(self.left):
            yield Problem(url, "left alone", f"skipped: {probes}: {reason}", hint=hint)


def _by_reason(told: list[tuple[str, str, str]]) -> Iterator[tuple[tuple[str, str], str]]:
    """Each reason with its hint, and the names of its probes, the first few."""
    by_reason: dict[tuple[str, str], set[str]] = {}
    for reason, hint, probe in told:
        by_reason.setdefault((reason, hint), set()).add(probe)
    for key, probes in sorted(by_reason.items()):
        more = len(probes) - SHOWN
        yield key, ", ".join(sorted(probes)[:SHOWN]) + (f" and {more} more" if more > 0 else "")

"""What an assessment does not tell: what failed, how much of it, and what was left alone on purpose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from batten.live.exchange import LeftAlone, NotAnswered
from batten.model import Problem
from batten.model.record import record

SHOWN = 3  # probes named with one reason
UNKNOWN = "not assessed means unknown, not passed"


@record
class Missed:
    """A probe that a reason cost, in part or as a whole; `hint` says what to do about it, "" of a failure."""

    reason: str
    probe: str
    family: str = ""
    hint: str = ""


@dataclass(slots=True)
class Shortfall:
    """Reasons with the probes they cost. Only what failed makes an assessment incomplete."""

    failed: list[Missed] = field(default_factory=list)
    left: list[Missed] = field(default_factory=list)
    questions: int = 0
    unanswered: Counter[str] = field(default_factory=Counter)  # by family

    def note(self, reason: NotAnswered, probe: str, family: str = "") -> None:
        if isinstance(reason, LeftAlone):
            self.left.append(Missed(str(reason), probe, family, reason.hint))
        else:
            self.failed.append(Missed(str(reason), probe, family))

    def count(self, family: str, error: NotAnswered | None = None) -> None:
        """One question, and whether it got no answer. What was not asked on purpose is no question."""
        if not isinstance(error, LeftAlone):
            self.questions += 1
            if error is not None:
                self.unanswered[family or "other probes"] += 1

    def not_assessed(self, url: str) -> Iterator[Problem]:
        """How many questions were not answered, where it was more than one; and one problem a reason: a target that went
        away is said once, not once a question."""
        missing = self.unanswered.total()
        if self.failed and missing > 1:
            message = f"not assessed: {missing:,} of {self.questions:,} questions were not answered: "
            yield Problem(url, "probe", message + _enumerated(self.unanswered), hint=UNKNOWN)
        for (reason, _), probes in _by_reason(self.failed):
            yield Problem(url, "probe", f"not assessed: {probes}: {reason}", hint=UNKNOWN)

    def left_alone(self, url: str) -> Iterator[Problem]:
        for (reason, hint), probes in _by_reason(self.left):
            yield Problem(url, "left alone", f"skipped: {probes}: {reason}", hint=hint)


def _by_reason(missed: Iterable[Missed]) -> Iterator[tuple[tuple[str, str], str]]:
    """Each reason with its hint, and the probes that it cost: the names of the first few, and of failures how many of each
    family."""
    by_reason: dict[tuple[str, str], dict[str, str]] = {}
    for one in missed:
        by_reason.setdefault((one.reason, one.hint), {}).setdefault(one.probe, one.family)
    for key, probes in sorted(by_reason.items()):
        rest = sorted(probes)[SHOWN:]
        families = Counter(probes[probe] for probe in rest if probes[probe] and not key[1])
        told = f" and {len(rest)} more" if rest else ""
        told += f" ({_enumerated(families)})" if len(rest) > 1 and families else ""
        yield key, ", ".join(sorted(probes)[:SHOWN]) + told


def _enumerated(families: Counter[str]) -> str:
    """ "files 40, CORS 8", the most first."""
    return ", ".join(f"{name} {count:,}" for name, count in sorted(families.items(), key=_most))


def _most(counted: tuple[str, int]) -> tuple[int, str]:
    return -counted[1], counted[0]

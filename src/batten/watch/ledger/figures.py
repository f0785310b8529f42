"""What can be proved of a control over time: sums over intervals and times open, never counts of runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from batten.model.record import record
from batten.watch.model import Interval, Span, Status

_KNOWN = (Status.HOLDS, Status.BROKEN)


@record(kw_only=True)
class Share:
    """Milliseconds by what was known. Where there was nothing to judge counts as none of them."""

    holds: int = 0
    broken: int = 0
    unknown: int = 0

    @property
    def compliant(self) -> float | None:
        """Of the time in which it was known, the share in which it held; None where it never was."""
        known = self.holds + self.broken
        return self.holds / known if known else None

    @property
    def known(self) -> float | None:
        """Of the time in which there was something to judge, the share in which it was known how it is."""
        whole = self.holds + self.broken + self.unknown
        return (self.holds + self.broken) / whole if whole else None

    def __add__(self, other: Share) -> Share:
        return Share(
            holds=self.holds + other.holds,
            broken=self.broken + other.broken,
            unknown=self.unknown + other.unknown,
        )


@record(kw_only=True)
class Figures:
    """One control on one side of an environment, over a time. `since`: what is known now began then; `held_since`: it has held
    since then, and nothing else was known in between; `proved`: the last time at which it was known. `fixes` were made in the
    time, after `mean_to_fix` milliseconds each on average; `regressed` findings came back in it."""

    status: Status | None = None
    since: int | None = None
    held_since: int | None = None
    proved: int | None = None
    share: Share = Share()
    fixes: int = 0
    mean_to_fix: int | None = None
    regressed: int = 0


def figures(
    intervals: Sequence[Interval], spans: Iterable[Span], proof: int | None, start: int, end: int,
    earlier: int | None = None,
) -> Figures:  # fmt: skip
    """The figures of one control on one side, from its intervals in their order and the times open of its findings; `proof` is
    up to when the side is known, `start` and `end` are the time that shares, fixes and regressions are of, and `earlier` is
    until when it was known before all of these intervals."""
    last = intervals[-1] if intervals else None
    times = list(spans)
    fixed = [s.closed - s.opened for s in times if s.closed is not None and start <= s.closed < end]
    # The last time at which it was known; where it is not known now, the end of the last time in which it was.
    known = [one for one in intervals if one.status in _KNOWN]
    if not known:
        proved: int | None = earlier
    else:
        proved = known[-1].end if known[-1].end is not None else proof
    # The start of the interval that holds now, or of one before it that only times in which it was not known divide
    # from it.
    since = None
    for held_one in reversed(intervals):
        if held_one.status is Status.HOLDS:
            since = held_one.start
        elif held_one.status is not Status.UNKNOWN or since is None:
            break
    return Figures(
        status=last.status if last is not None else None,
        since=last.start if last is not None else None,
        held_since=since,
        proved=proved,
        share=share(intervals, start, end),
        fixes=len(fixed),
        mean_to_fix=sum(fixed) // len(fixed) if fixed else None,
        regressed=sum(not s.first and start <= s.opened < end for s in times),
    )


def share(intervals: Iterable[Interval], start: int, end: int) -> Share:
    """How long each thing was known between two times."""
    sums = dict.fromkeys(Status, 0)
    for one in intervals:
        lasted = min(end, one.end if one.end is not None else end) - max(start, one.start)
        sums[one.status] += max(lasted, 0)
    return Share(holds=sums[Status.HOLDS], broken=sums[Status.BROKEN], unknown=sums[Status.UNKNOWN])

"""What was known of each control, from when to when: broken where a finding stands, unknown where one could not be
looked at or the control was not asked, absent where a complete assessment had nothing to ask it about, else it holds.

Neither waivers nor comments in files change anything here: a weakness that is accepted is still there. Only findings in a context
that is not part of the verdict, as in tests, break nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from batten.watch.ledger.knowledge import Known
from batten.watch.model import Assessed, Interval, Life, LifeState, Side, Status

Ruled = tuple[Side, str]  # a side and a control


def statuses(known: Known, assessed: Assessed, lives: Iterable[Life]) -> dict[Ruled, Status]:
    """What is known of each control after an assessment; `lives` are those that stand after it."""
    made: dict[Ruled, Status] = {}
    for side in assessed.sides:
        for control in assessed.judged.get(side, frozenset()) - assessed.off:
            made[side, control] = Status.HOLDS
    for one in known.intervals:
        if one.side in assessed.sides and (one.side, one.control) not in made:
            # The status of a control that was not asked about anything: a file that was not read may be what it
            # judged before.
            unread = one.side is Side.DECLARED and assessed.unread
            if one.side not in assessed.complete or one.control in assessed.off or unread:
                made[one.side, one.control] = Status.UNKNOWN
            else:
                made[one.side, one.control] = Status.ABSENT
    for life in lives:
        key = life.side, life.control
        if life.side in assessed.sides and life.breaks and made.get(key) is not Status.BROKEN:
            made[key] = Status.BROKEN if life.state is LifeState.OPEN else Status.UNKNOWN
    return made


def turned(
    known: Known, now_known: Mapping[Ruled, Status], run: int, at: int
) -> Iterator[tuple[Interval | None, Interval]]:
    """The intervals that end, each with the one that begins at the same time; None before the first of a control."""
    current = {(one.side, one.control): one for one in known.intervals}
    for (side, control), status in sorted(now_known.items(), key=lambda item: (item[0][0].value, item[0][1])):
        former = current.get((side, control))
        if former is not None and former.status is status:
            continue
        begun = Interval(
            environment=known.environment, side=side, control=control, status=status, start=at, run=run
        )
        yield (replace(former, end=at) if former is not None else None), begun


def lapsed(known: Known, objective: int, now: int) -> list[tuple[Interval, Interval]]:
    """The intervals that end because their side was not assessed for longer than the environment's objective (milliseconds):
    nothing is known from the moment at which it should have been. An objective of 0 is none."""
    made: list[tuple[Interval, Interval]] = []
    if objective <= 0:
        return made
    for one in known.intervals:
        proof = known.proofs.get(one.side)
        if proof is None or one.status is Status.UNKNOWN or now <= proof.at + objective:
            continue
        at = max(proof.at + objective, one.start + 1)
        begun = replace(one, id=0, status=Status.UNKNOWN, start=at, run=0)
        made.append((replace(one, end=at), begun))
    return made

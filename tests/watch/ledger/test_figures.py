"""Figures are sums over intervals and times open."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from batten.watch.ledger.figures import Figures, Share, figures, share
from batten.watch.model import Interval, Side, Span, Status
from watch_worlds import FEW, HOUR, STEPS, Step, by_control, lived

HOLDS, BROKEN, UNKNOWN, ABSENT = Status.HOLDS, Status.BROKEN, Status.UNKNOWN, Status.ABSENT


def times(*parts: tuple[Status, int]) -> list[Interval]:
    """Intervals one after the other; the last one lasts."""
    ends = [start for _, start in parts[1:]] + [None]
    return [
        Interval(environment=1, side=Side.DECLARED, control="c", status=status, start=start, end=end)
        for (status, start), end in zip(parts, ends, strict=True)
    ]


def test_a_story() -> None:
    told = times((BROKEN, 100), (HOLDS, 200), (UNKNOWN, 500), (HOLDS, 600))
    spans = [
        Span(life=1, first=True, opened=100, opened_by=1, closed=200, closed_by=2),
        Span(life=2, first=True, opened=120, opened_by=1, closed=180, closed_by=2),
        Span(life=1, first=False, opened=400, opened_by=3, closed=440, closed_by=4),
    ]
    assert figures(told, spans, 900, 150, 1_000) == Figures(
        status=HOLDS, since=600, held_since=200, proved=900, share=Share(holds=700, broken=50, unknown=100), fixes=3,
        mean_to_fix=66, regressed=1,
    )  # fmt: skip


def test_what_is_not_known_proves_nothing() -> None:
    assert figures([], [], 900, 0, 1_000) == Figures()
    lost = figures(times((HOLDS, 100), (UNKNOWN, 500)), [], 900, 0, 1_000)
    assert (lost.held_since, lost.proved, lost.share.compliant, lost.share.known) == (None, 500, 1.0, 4 / 9)
    assert figures(times((UNKNOWN, 500)), [], 900, 0, 1_000).proved is None
    assert figures(times((HOLDS, 1), (BROKEN, 2), (HOLDS, 3)), [], 900, 0, 9).held_since == 3
    assert figures(times((HOLDS, 1), (ABSENT, 2), (HOLDS, 3)), [], 900, 0, 9).held_since == 3
    assert Share().compliant is None and Share().known is None


@FEW
@given(STEPS, st.integers(900 * HOUR, 1_200 * HOUR), st.integers(0, 100 * HOUR), st.integers(0, 100 * HOUR))
def test_shares_add_up(steps: list[Step], start: int, first: int, second: int) -> None:
    """Of two times that follow each other as of both together; and no time is counted twice or not at all."""
    middle, end = start + first, start + first + second
    for told in by_control(lived(steps)).values():
        whole = share(told, start, end)
        assert share(told, start, middle) + share(told, middle, end) == whole
        covered = max(end - max(start, told[0].start), 0)
        judged = [one for one in told if one.status is not Status.ABSENT]
        absent = covered - sum(max(min(end, one.end or end) - max(start, one.start), 0) for one in judged)
        assert whole.holds + whole.broken + whole.unknown + absent == covered and absent >= 0

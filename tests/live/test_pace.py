"""The pace, on a clock that moves when somebody sleeps."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from batten.live.exchange import NotAnswered
from batten.live.pace import Pace


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("batten.live.pace.time", SimpleNamespace(monotonic=made.monotonic))
    monkeypatch.setattr("batten.live.pace.asyncio", SimpleNamespace(sleep=made.sleep))
    return made


def turns(pace: Pace, clock: Clock, count: int, idle: float = 0.0) -> list[float]:
    """When each of so many turns came, with a pause of the caller's before each."""

    async def taken() -> list[float]:
        times = []
        for _ in range(count):
            clock.now += idle
            await pace.turn()
            times.append(clock.now)
        return times

    return asyncio.run(taken())


@pytest.mark.parametrize("idle", [0.0, 0.001, 0.02, 0.3])
def test_never_more_in_any_second_than_was_agreed(clock: Clock, idle: float) -> None:
    rate = 40
    times = turns(Pace(rate, 500), clock, 200, idle)
    windows = [later - sooner for sooner, later in zip(times, times[rate:], strict=False)]
    assert min(windows) > 0.999
    assert idle > 1 / rate or times[-1] - times[0] == pytest.approx(199 / rate)


def test_a_pause_saves_no_turns_up(clock: Clock) -> None:
    pace = Pace(10, 500)
    turns(pace, clock, 1)
    clock.now += 60
    times = turns(pace, clock, 3)
    assert times[-1] - times[0] == pytest.approx(0.2)


def test_the_rate_is_halved_once_a_second_and_down_to_four(clock: Clock) -> None:
    pace = Pace(50, 500)
    gaps = []
    for _ in range(8):
        pace.slow()
        pace.slow()  # an answer to what was on its way
        gaps.append(pace.gap)
        clock.now += 1.1
    assert gaps == pytest.approx([0.04, 0.08, 0.16, 0.25, 0.25, 0.25, 0.25, 0.25])


def test_a_budget_that_is_spent_ends_it(clock: Clock) -> None:
    with pytest.raises(NotAnswered, match="the budget of 3 requests is spent"):
        turns(Pace(1000, 3), clock, 4)

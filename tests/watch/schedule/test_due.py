"""When environments are due: for any clock, any schedule and any number of environments."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.watch.model import DAY, HOUR, MINUTE, Environment, Source
from batten.watch.schedule.due import Cron, Every, ScheduleProblem, checked, due_after, due_first, parsed

_NOW = 1_795_770_000_000  # a Friday in 2026
_ONE = Environment(id=7, team=1, service="orders", stage="prod", source=Source.LIVE, schedule="1h")
_CLOCKS = st.integers(0, 4_000_000_000_000)
_INTERVALS = st.one_of(
    st.integers(1, 2000).map("{}m".format), st.integers(1, 300).map("{}h".format), st.integers(1, 366).map("{}d".format)
)  # fmt: skip
_CRONS = st.sampled_from(
    ["* * * * *", "*/7 * * * *", "0 * * * *", "30 4 * * *", "0 0 * * MON", "0 0 L * *", "0 12 1,15 * *", "5 5 31 12 *"]
)  # fmt: skip


@given(text=st.one_of(_INTERVALS, _CRONS), now=_CLOCKS, number=st.integers(1, 10**9))
def test_the_next_time_comes_and_is_never_far(text: str, now: int, number: int) -> None:
    one = replace(_ONE, id=number, schedule=text)
    after = due_after(one, now)
    assert after is not None and after > now
    following = due_after(one, after)
    assert following is not None and following > after
    plan = parsed(text)
    assert after - now <= (plan.period if isinstance(plan, Every) else 366 * DAY)
    assert due_after(one, after - 1) == after, "whatever the clock says in between, it is the same time"


@given(text=st.one_of(_INTERVALS, _CRONS), now=_CLOCKS, away=st.integers(-400 * DAY, 400 * DAY))
def test_a_clock_that_jumps_leaves_one_run_to_make_up_for(text: str, now: int, away: int) -> None:
    there = max(0, now + away)
    one = replace(_ONE, schedule=text, assessed=now)
    first = due_first(one, there)
    after = due_after(one, there)
    assert first is not None and after is not None
    assert first in (there, after), "at once, or at the next time: never a row of missed ones"
    assert first == after or there > now


@given(now=_CLOCKS, count=st.integers(1, 300), start=st.integers(1, 10**6))
def test_environments_are_spread_evenly_over_their_interval(now: int, count: int, start: int) -> None:
    dues = sorted(due_after(replace(_ONE, id=start + at), now) or 0 for at in range(count))
    quarters = [
        sum(now + q * 15 * MINUTE < due <= now + (q + 1) * 15 * MINUTE for due in dues) for q in range(4)
    ]
    assert sum(quarters) == count
    assert max(quarters) - min(quarters) <= 4


def test_cron_times_are_in_utc_and_shifted_by_at_most_the_jitter() -> None:
    daily = replace(_ONE, schedule="30 4 * * *")
    midnight = _NOW // DAY * DAY
    assert due_after(daily, midnight) == midnight + 4 * HOUR + 30 * MINUTE
    shifts = {
        (due_after(replace(daily, id=n, jitter=10 * MINUTE), midnight) or 0) - midnight - 270 * MINUTE
        for n in range(50)
    }
    assert len(shifts) == 50 and min(shifts) >= 0 and max(shifts) < 10 * MINUTE


def test_what_was_never_assessed_or_missed_is_due_at_once() -> None:
    assert due_first(_ONE, _NOW) == _NOW
    assert due_first(replace(_ONE, assessed=_NOW - 3 * HOUR), _NOW) == _NOW
    later = due_first(replace(_ONE, assessed=_NOW), _NOW)
    assert later is not None and _NOW < later <= _NOW + HOUR
    ahead = due_first(replace(_ONE, assessed=_NOW + 9 * DAY), _NOW)
    assert ahead == later, "an assessment that a wrong clock dated ahead delays nothing"


@pytest.mark.parametrize("change", [{"schedule": ""}, {"paused": True}, {"source": Source.PUSHED}])
def test_what_is_not_assessed_by_itself_is_never_due(change: dict[str, object]) -> None:
    one = replace(_ONE, **change)  # type: ignore[arg-type]
    assert due_after(one, _NOW) is None and due_first(one, _NOW) is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [("15m", Every(15 * MINUTE)), (" 6h ", Every(6 * HOUR)), ("1d", Every(DAY)), ("", None), ("0  4 * *  1", Cron("0 4 * * 1"))],
)  # fmt: skip
def test_schedules_are_intervals_or_cron_text(text: str, meant: Every | Cron | None) -> None:
    assert parsed(text) == meant


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "hourly",
            "`hourly` is not a schedule; write an interval (15m, 6h, 1d) or five cron fields (30 4 * * *, UTC)",
        ),
        (
            "0m",
            "`0m` is not a schedule; write an interval (15m, 6h, 1d) or five cron fields (30 4 * * *, UTC)",
        ),
        ("367d", "`367d` is not between 1m and 366d"),
        ("0 25 * * *", "`0 25 * * *` is not a cron schedule: the hour field is not valid"),
        ("0 0 30 2 *", "`0 0 30 2 *` is not a cron schedule: the day-of-month field is not valid"),
        ("0 0 29 2 *", "`0 0 29 2 *` is due less than once a year; choose another schedule"),
        ("1 " * 200, "the schedule has more than 200 characters"),
    ],
)
def test_what_cannot_be_followed_is_said(text: str, said: str) -> None:
    with pytest.raises(ScheduleProblem) as refused:
        parsed(text)
    assert str(refused.value) == said


@given(text=st.one_of(st.text(max_size=40), st.text("0123456789*/-,#LWMONJAN ", max_size=40)))
def test_no_text_does_anything_worse(text: str) -> None:
    try:
        plan = parsed(text)
    except ScheduleProblem:
        return
    after = due_after(replace(_ONE, schedule=text), _NOW)
    assert (after is None) is (plan is None)


def test_jitter_and_objective_have_bounds() -> None:
    checked("0 4 * * *", 10 * MINUTE, DAY)
    checked("1h", 0, HOUR)
    for schedule, jitter, objective in (
        ("1h", MINUTE, DAY),
        ("0 4 * * *", 2 * DAY, DAY),
        ("1h", 0, 0),
        ("1h", -1, DAY),
    ):
        with pytest.raises(ScheduleProblem):
            checked(schedule, jitter, objective)

"""When an environment is due: cron text or an interval, and what is known of it, to a time.

Pure: times come in, and one comes out. Everything is in UTC, so no hour is missed or comes twice. A due time is on a grid that
only the schedule and the environment's number decide: a restart moves nothing, and what was missed is made up for once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice, pairwise

from cronsim import CronSim, CronSimError

from batten.model.record import record
from batten.watch.model import DAY, HOUR, MINUTE, Environment, Source

LONGEST = 366 * DAY  # between two assessments, and of an objective
_SHORTEST = MINUTE
_MOST_JITTER = DAY
_MOST_TEXT = 200  # characters
_INTERVAL = re.compile(r"([1-9][0-9]{0,5})([mhd])")
_UNITS = {"m": MINUTE, "h": HOUR, "d": DAY}
_GOLDEN = 0x9E3779B97F4A7C15  # 2^64 / the golden ratio: multiples of it spread evenly, however many there are
_WORD = 1 << 64
_LOOKED = 4  # times of a cron text whose distances are checked
_LAST_YEAR = 9000  # that a date can be in, with room for what is added


class ScheduleProblem(ValueError):
    """A schedule that cannot be followed; the sentence says why and what to write."""


@record
class Every:
    """Once in each period (milliseconds)."""

    period: int


@record
class Cron:
    """At the times of five fields."""

    text: str


def parsed(text: str) -> Every | Cron | None:
    """What a schedule's text means; None where it is empty: on demand alone. Raises ScheduleProblem."""
    text = " ".join(text.split())
    if not text:
        return None
    if len(text) > _MOST_TEXT:
        raise ScheduleProblem(f"the schedule has more than {_MOST_TEXT} characters")
    if interval := _INTERVAL.fullmatch(text):
        return _every(int(interval[1]) * _UNITS[interval[2]], text)
    fields = text.split(" ")
    if len(fields) != 5:
        raise ScheduleProblem(
            f"`{text}` is not a schedule; write an interval (15m, 6h, 1d) or five cron fields (30 4 * * *, UTC)"
        )
    sample = 1_704_067_200_000  # 2024-01-01: a leap year, so that 29 February is met and then missed
    try:
        found = list(islice(_times(text, sample), _LOOKED))
    except CronSimError as error:
        raise ScheduleProblem(f"`{text}` is not a cron schedule: {_plain(str(error))}") from None
    if (
        len(found) < _LOOKED
        or found[0] - sample > LONGEST
        or any(b - a > LONGEST for a, b in pairwise(found))
    ):
        raise ScheduleProblem(f"`{text}` is due less than once a year; choose another schedule")
    return Cron(text)


def checked(schedule: str, jitter: int, objective: int) -> None:
    """Raises ScheduleProblem where an environment's schedule, jitter and objective (milliseconds) cannot be followed together."""
    plan = parsed(schedule)
    if not 0 <= jitter <= _MOST_JITTER:
        raise ScheduleProblem("the jitter must be between 0 and one day")
    if jitter and not isinstance(plan, Cron):
        raise ScheduleProblem(
            "jitter is for cron schedules; environments with an interval are spread over all of it by themselves"
        )
    if not MINUTE <= objective <= LONGEST:
        raise ScheduleProblem("the objective must be between one minute and 366 days")


def due_after(environment: Environment, now: int) -> int | None:
    """The first due time after `now`; None where the environment is not assessed by itself (on demand, pushed, paused).
    Never further away than the schedule's own distance. Raises ScheduleProblem."""
    plan = parsed(environment.schedule)
    if plan is None or environment.paused or environment.source is Source.PUSHED:
        return None
    share = (environment.id * _GOLDEN % _WORD) / _WORD
    if isinstance(plan, Every):
        phase = int(share * plan.period)
        return now + plan.period - (now - phase) % plan.period
    shift = int(share * environment.jitter)
    return next(_times(plan.text, now - shift)) + shift


def due_first(environment: Environment, now: int) -> int | None:
    """When an environment is due that has no due time yet: at once where it was never assessed, or where a due time has passed
    since (it was paused, or its schedule has changed); else after `now`. Raises ScheduleProblem."""
    after = due_after(environment, now)
    if after is None or environment.assessed is None:
        return None if after is None else now
    missed = due_after(environment, min(environment.assessed, now))
    return now if missed is not None and missed <= now else after


def _every(period: int, text: str) -> Every:
    if not _SHORTEST <= period <= LONGEST:
        raise ScheduleProblem(f"`{text}` is not between 1m and 366d")
    return Every(period)


def _plain(said: str) -> str:
    field = said.removeprefix("Bad ")
    return f"the {field} field is not valid" if field != said else said.lower()


def _times(text: str, after: int) -> Iterator[int]:
    """The times of a cron text after one, milliseconds; a clock that is beyond all calendars is taken for its last year."""
    latest = datetime(_LAST_YEAR, 1, 1, tzinfo=UTC)
    seconds = min(max(after // 1000, 0), int(latest.timestamp()))
    return (int(one.timestamp()) * 1000 for one in CronSim(text, datetime.fromtimestamp(seconds, UTC)))

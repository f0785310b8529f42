"""Quiet hours of a channel: "22:00-07:00 Europe/Berlin; Sat Sun". Critical alerts are sent all the same."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from batten.model.record import record

_HOURS = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)(?: ([A-Za-z0-9_+/-]{1,60}))?")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_STEP = timedelta(minutes=15)


class QuietProblem(ValueError):
    """The text is not one of quiet hours; the sentence says what to write."""


@record
class Quiet:
    """From when to when on each day, and whole days by number (Monday is 0), where the zone's clocks say so."""

    start: time | None
    end: time | None
    days: frozenset[int]
    zone: ZoneInfo

    def holds(self, at: datetime) -> bool:
        here = at.astimezone(self.zone)
        if here.weekday() in self.days:
            return True
        if self.start is None or self.end is None:
            return False
        clock = here.time()
        if self.start <= self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end

    def after(self, now: int) -> int:
        """The first quarter of an hour that is not quiet, from a time on (milliseconds); at most eight days later."""
        moment = datetime.fromtimestamp(now / 1_000, UTC)
        if not self.holds(moment):
            return now
        first = moment.replace(minute=moment.minute - moment.minute % 15, second=0, microsecond=0)
        for later in (first + step * _STEP for step in range(1, 8 * 24 * 4)):
            if not self.holds(later):
                return int(later.timestamp() * 1_000)
        return now + int(timedelta(days=8).total_seconds() * 1_000)


def quiet(text: str) -> Quiet | None:
    """Quiet hours as they are written; None for "". Raises QuietProblem."""
    start = end = None
    days: set[int] = set()
    zone = "UTC"
    for part in filter(None, (part.strip() for part in text.split(";"))):
        hours = _HOURS.fullmatch(part)
        if hours is not None:
            start, end, zone = _time(hours[1], hours[2]), _time(hours[3], hours[4]), hours[5] or zone
        elif all(word in _DAYS for word in part.split()):
            days.update(_DAYS.index(word) for word in part.split())
        else:
            raise QuietProblem(
                f"{part!r}: write hours as 22:00-07:00 Europe/Berlin, whole days as Sat Sun, with ; between"
            )
    if len(days) == 7:
        raise QuietProblem("every day is quiet; disable the channel instead")
    try:
        found = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise QuietProblem(
            f"{zone!r} is not a time zone that is known here; write one as Europe/Berlin"
        ) from None
    return Quiet(start, end, frozenset(days), found) if start is not None or days else None


def _time(hour: str, minute: str) -> time:
    try:
        return time(int(hour), int(minute))
    except ValueError:
        raise QuietProblem(f"{hour}:{minute} is not a time of day") from None

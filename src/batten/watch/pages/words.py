"""How pages say times, lengths of time and counts: short, and the same everywhere."""

from __future__ import annotations

from datetime import UTC, date, datetime

from batten.watch.model import DAY, HOUR, MINUTE, SECOND, Why

_STEPS = ((365 * DAY, "y"), (30 * DAY, "mo"), (DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s"))


def lasting(milliseconds: int) -> str:
    """A length of time in its largest whole unit: "3 h", "12 d"; under a second it is "0 s"."""
    for length, unit in _STEPS:
        if abs(milliseconds) >= length:
            return f"{abs(milliseconds) // length} {unit}"
    return "0 s"


def ago(at: int, now: int) -> str:
    """How far a time is from now: "3 h ago", "in 2 d", "now"."""
    if abs(now - at) < MINUTE:
        return "now"
    return f"{lasting(now - at)} ago" if at < now else f"in {lasting(at - now)}"


def when(at: int) -> str:
    """A time for people, in UTC: "2026-11-27 09:14 UTC"."""
    return f"{day(at)} {_date(at):%H:%M} UTC"


def day(at: int) -> str:
    """The day of a time, in UTC: "2026-11-27"."""
    return _date(at).date().isoformat()


def end_of_day(written: str) -> int:
    """The last millisecond in UTC of a day that is written as 2027-01-31. Raises ValueError with what to write."""
    try:
        read = date.fromisoformat(written.strip())
        midnight = datetime(read.year, read.month, read.day, tzinfo=UTC).timestamp()
    except (ValueError, OverflowError):
        raise ValueError(f"'{written[:40]}' is not a date; write it as 2027-01-31") from None
    return int(midnight) * SECOND + DAY - 1


def machine(at: int) -> str:
    """A time for programs, as in `<time datetime>`."""
    return _date(at).isoformat(timespec="seconds")


def _date(at: int) -> datetime:
    """A time of a database that was written by others, too: what no calendar has is the last day of this one."""
    try:
        return datetime.fromtimestamp(at / SECOND, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.max.replace(tzinfo=UTC)


def counted(number: int, noun: str, nouns: str = "") -> str:
    """A number with its noun: "1 finding", "12,000 findings"."""
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


def share(part: float) -> str:
    """A share of one as a percentage; only all of it is "100 %", only nothing "0 %"."""
    hundredths = part * 100
    if 0 < hundredths < 1:
        return "< 1\u00a0%"
    return f"{min(int(hundredths), 99) if part < 1 else 100}\u00a0%"


def reason(why: Why) -> str:
    """What made a run, for people."""
    return "request" if why is Why.DEMAND else why.value

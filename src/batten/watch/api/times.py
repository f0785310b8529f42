"""Times and durations as the document writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from batten.watch.model import SECOND

_START = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = 253_402_300_799_999  # the end of the year 9999


def shown(at: int) -> datetime:
    """Milliseconds since 1970 as a time; what is beyond the calendar is its end."""
    return _START + timedelta(milliseconds=min(max(at, 0), _LAST))


def milliseconds(at: datetime) -> int:
    """A time with an offset as milliseconds since 1970."""
    return (at - _START) // timedelta(milliseconds=1)


def seconds(duration: int) -> int:
    """Whole seconds of milliseconds."""
    return duration // SECOND

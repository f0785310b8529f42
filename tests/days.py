"""The day that a test is judged at. No test reads the machine's date: one that states no day is judged in a far future, so that
one which depends on the day (end of support, the expiry of a waiver, the age of data) fails at once, and not years later.

    pytestmark = judged_on("2026-12-01")  # for a module, or as a decorator

What a module makes while it is imported is made before any test has a day: state it there, as `Policy(today=date(2026, 12, 1))`.
In a test that states its day it is noon (UTC). In all others the hour is the machine's: certificates, tokens and logs that are
made for a test are judged by it, and by programs that are not ours.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from batten.model import clock

UNSTATED = date(2999, 12, 31)


def judged_on(day: str) -> pytest.MarkDecorator:
    """Marks tests that are judged at this day, such as 2026-12-01."""
    return pytest.mark.judged_on(date.fromisoformat(day))


class Stated:
    """The clock of batten in this process, as the test that runs states it."""

    def __init__(self) -> None:
        self.day: date | None = None
        self.machine = clock.now

    def today(self) -> date:
        return self.day or UNSTATED

    def now(self) -> datetime:
        return self.machine() if self.day is None else datetime.combine(self.day, time(12), UTC)

    def read(self, item: pytest.Item) -> None:
        """Take the day of the test, the nearest mark's."""
        mark = item.get_closest_marker("judged_on")
        self.day = mark.args[0] if mark is not None else None

"""Quiet hours, in the zone where people sleep."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from batten.watch.alerts.quiet import QuietProblem, quiet


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1_000)


@pytest.mark.parametrize(
    ("text", "at", "until"),
    [
        ("22:00-07:00", "2026-11-27 23:10", "2026-11-28 07:00"),
        ("22:00-07:00", "2026-11-27 06:59", "2026-11-27 07:00"),
        ("22:00-07:00", "2026-11-27 12:00", "2026-11-27 12:00"),
        ("22:00-07:00 Europe/Berlin", "2026-11-27 21:30", "2026-11-28 06:00"),
        ("22:00-07:00 Europe/Berlin", "2026-07-27 20:30", "2026-07-28 05:00"),
        ("Sat Sun", "2026-11-28 12:00", "2026-11-30 00:00"),
        ("12:00-13:30; Sun", "2026-11-29 23:59", "2026-11-30 00:00"),
        ("12:00-13:30", "2026-11-27 12:40", "2026-11-27 13:30"),
    ],
)
def test_quiet_ends(text: str, at: str, until: str) -> None:
    hours = quiet(text)
    assert hours is not None and hours.after(ms(at)) == ms(until)


@pytest.mark.parametrize(
    "text",
    [
        "nights",
        "25:00-07:00",
        "22:00-07:00 Nowhere/There",
        "22:00-07:00 ../etc/passwd",
        "Mon Tue Wed Thu Fri Sat Sun",
    ],
)
def test_what_is_wrong_is_said(text: str) -> None:
    with pytest.raises(QuietProblem):
        quiet(text)


def test_nothing_is_not_quiet() -> None:
    assert quiet("") is None and quiet(" ; ") is None

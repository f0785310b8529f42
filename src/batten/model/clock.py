"""The machine's clock. What is judged by the day or the hour asks no other: a policy asks it once (`Policy.today`, `Policy.now`),
and controls and reports take the time of the policy."""

from __future__ import annotations

from datetime import UTC, date, datetime


def now() -> datetime:
    """The time in UTC: certificates, tokens and the age of data are judged at it."""
    return datetime.now(UTC)


def today() -> date:
    """The day where the machine is: ends of support and expiry dates of waivers are judged at it."""
    return date.today()

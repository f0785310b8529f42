"""How commands of `batten watch` name environments and times, and what they read of both."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec

from batten.cli.output import stop
from batten.cli.watch_client import Service


class Environment(msgspec.Struct):
    """As lists show it."""

    id: int
    team: int
    service: str
    stage: str
    source: str
    schedule: str
    paused: bool
    overdue: bool
    due: datetime | None
    assessed: datetime | None

    @property
    def name(self) -> str:
        return f"{self.service}/{self.stage}"


class Environments(msgspec.Struct):
    items: list[Environment]
    next: str | None


def every(watch: Service, /, **query: str | int | None) -> list[Environment]:
    """All environments of a query."""
    found: list[Environment] = []
    cursor: str | None = ""
    while cursor is not None:
        page = watch.get(Environments, "/environments", limit=200, cursor=cursor, **query)
        found += page.items
        cursor = page.next
    return found


def named(service: Service, name: str) -> Environment:
    """The one environment of a name (`orders/prod`) or a number."""
    if name.isdecimal():
        found = [one for one in every(service) if one.id == int(name)]
    else:
        first, _, last = name.partition("/")
        found = every(service, service=first, stage=last) if first and last else []
    if not found:
        stop(f"there is no environment {name} that you can see; `batten watch environments` lists them")
    if len(found) > 1:
        ids = ", ".join(f"{one.id} (team {one.team})" for one in found)
        stop(f"several teams have an environment {name}; write its number: {ids}")
    return found[0]


def ago(at: datetime | None) -> str:
    """How long ago a time was, or how far ahead it is, in its largest unit."""
    if at is None:
        return "never"
    apart = int((datetime.now(UTC) - at).total_seconds())
    for unit, seconds in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        if abs(apart) >= seconds:
            return f"{apart // seconds}{unit} ago" if apart > 0 else f"in {-apart // seconds}{unit}"
    return "now"


def end_of(day: str) -> str:
    """The end of a day (2027-01-31) in UTC, or a time as it is; stops where it is neither."""
    try:
        if len(day) == 10:
            end = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC) + timedelta(days=1)
            return end.isoformat()
        return msgspec.convert(day, datetime).astimezone(UTC).isoformat()
    except (ValueError, msgspec.ValidationError):
        stop(f"'{day}' is not a day; write it as 2027-01-31")

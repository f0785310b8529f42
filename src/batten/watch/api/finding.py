"""One finding over the API: evidence, history, fix, and where else it is."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta
from sqlalchemy import Connection

from batten.watch.api import times
from batten.watch.api.asked import Asked, Reply
from batten.watch.api.events import Event
from batten.watch.api.findings import Finding
from batten.watch.api.problems import missing
from batten.watch.api.waivers import Shown as Waiver
from batten.watch.api.wire import Label, Line, Lines, Paragraph, shown
from batten.watch.store import waivers
from batten.watch.store.questions import one_finding


class Exchange(msgspec.Struct, frozen=True):
    request: Paragraph
    response: Paragraph


class Fix(msgspec.Struct, frozen=True):
    title: Line
    safety: Label
    breaks: Line
    question: Line
    diff: Annotated[str, Meta(max_length=100_000)]
    withheld: bool


class Accepted(msgspec.Struct, frozen=True):
    kind: Label
    reason: Line
    owner: Label
    until: Label


class Evidence(msgspec.Struct, frozen=True):
    """What is kept beside the sentence."""

    advice: Paragraph
    excerpt: Paragraph
    exchange: Exchange | None
    reach: Lines
    also: Lines
    related: Lines
    also_breaks: Lines
    context: Label
    technology: Label
    fix: Fix | None
    accepted: Accepted | None
    cut: bool


class TimeOpen(msgspec.Struct, frozen=True):
    opened: datetime
    opened_by: int
    closed: datetime | None
    closed_by: int | None


class FindingDetail(Evidence, frozen=True, kw_only=True):
    finding: Finding
    pointer: Line
    why: Paragraph
    references: Lines
    command: Line
    open_for: int = msgspec.field(name="open_seconds")
    times: list[TimeOpen]
    elsewhere: list[Finding]
    in_environments: int
    waivers: list[Waiver]
    events: list[Event]


def read_finding(db: Connection, asked: Asked) -> Reply:
    """One finding whole."""
    found = one_finding.one(db, asked.caller, asked.number("finding"), now=asked.now)
    if found is None:
        missing("finding")
    accepting = waivers.accepting(db, [one.id for one in found.waivers], asked.now)
    evidence = shown(Evidence, found.detail)
    given = {name: getattr(evidence, name) for name in Evidence.__struct_fields__}
    given["waivers"] = [shown(Waiver, one, accepts=one.id in accepting) for one in found.waivers]
    given["open_for"] = times.seconds(found.open_for)
    return Reply(body=shown(FindingDetail, found, **given))

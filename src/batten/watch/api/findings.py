"""Findings over the API."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection

from batten.watch.api import filters, paging
from batten.watch.api.asked import Asked, Reply
from batten.watch.api.problems import ApiProblem
from batten.watch.api.wire import Label, Line, shown
from batten.watch.store.questions import findings
from batten.watch.store.questions.findings import BadCursor, Sort


class EnvironmentRef(msgspec.Struct, frozen=True):
    id: int
    team: int
    team_name: Label
    service: Label
    stage: Label
    production: bool


class Finding(msgspec.Struct, frozen=True):
    id: int
    environment: EnvironmentRef
    side: Label
    fingerprint: Label
    control: Label
    case: Label
    title: Line
    family: Label
    severity: Label
    message: Line
    place: Line
    line: int
    cause: Line
    public: bool | None
    counts: bool
    state: Label
    opened: datetime
    since: datetime
    regressed: int
    waived: datetime | None


class FindingPage(msgspec.Struct, frozen=True, kw_only=True):
    items: list[Finding]
    next: str | None
    count: int
    more_than_counted: bool


def list_findings(db: Connection, asked: Asked) -> Reply:
    """One page of those that the query selects."""
    which, sort = filters.wanted(asked), Sort(asked.text("sort", "severity"))
    try:
        page = findings.findings(
            db, asked.caller, which, now=asked.now, sort=sort, cursor=asked.text("cursor"), most=paging.limit(asked)
        )  # fmt: skip
    except BadCursor as error:
        raise ApiProblem(422, str(error)) from None
    items = [shown(Finding, one) for one in page.findings]
    return Reply(body=shown(FindingPage, page, items=items, next=page.next or None))

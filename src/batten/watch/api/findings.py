"""Findings over the API."""

from __future__ import annotations

from sqlalchemy import Connection

from batten.watch.api import filters, paging
from batten.watch.api.asked import Asked, Reply
from batten.watch.api.problems import ApiProblem
from batten.watch.api.wire import shown
from batten.watch.store.questions import findings
from batten.watch.store.questions.findings import BadCursor, Sort


def list_findings(db: Connection, asked: Asked) -> Reply:
    """One page of those that the query selects."""
    which, sort = filters.wanted(asked), Sort(asked.text("sort", "severity"))
    try:
        page = findings.findings(
            db, asked.caller, which, now=asked.now, sort=sort, cursor=asked.text("cursor"), most=paging.limit(asked)
        )  # fmt: skip
    except BadCursor as error:
        raise ApiProblem(422, str(error)) from None
    return Reply(body=shown("FindingPage", page, items=page.findings, next=page.next or None))

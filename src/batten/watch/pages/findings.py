"""The list of findings: filtered, sorted, a page at a time; each view is a link."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from batten.watch.pages.filtering import asked_for, offered
from batten.watch.pages.links import asked, with_query
from batten.watch.pages.rendering import caller_of, page
from batten.watch.settings import Watch
from batten.watch.store.database import now
from batten.watch.store.questions.findings import COUNTED, BadCursor, Sort, findings

_ROWS = 50


def routes() -> list[Route]:
    return [Route("/findings", _list, methods=["GET"])]


def _list(request: Request) -> Response:
    watch: Watch = request.app.state.watch
    caller, wanted, at = caller_of(request), asked_for(request), now()
    sort = next((one for one in Sort if one.value == asked(request, "sort")), Sort.SEVERITY)
    cursor = request.query_params.get("after", "")
    with watch.database.read() as db:
        try:
            found = findings(db, caller, wanted.which, now=at, sort=sort, cursor=cursor, most=_ROWS)
        except BadCursor:
            return RedirectResponse(with_query(request), 303)
        offers = offered(db, caller)
    count = f"{COUNTED:,}+ findings" if found.more_than_counted else ""
    return page(
        request, "findings.html", asked=wanted, offered=offers, found=found, sort=sort, count=count,
        sorts=tuple((one.value, one.value) for one in Sort), after=cursor,
    )  # fmt: skip

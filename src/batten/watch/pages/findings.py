"""The list of findings: filtered, sorted, a page at a time; each view is a link."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from batten.watch.model import Caller
from batten.watch.pages.filtering import asked_for, offered
from batten.watch.pages.links import asked, with_query
from batten.watch.pages.rendering import caller_of, page
from batten.watch.settings import Watch
from batten.watch.store.database import now
from batten.watch.store.questions.exports import Format, exported
from batten.watch.store.questions.filters import Filter
from batten.watch.store.questions.findings import COUNTED, BadCursor, Sort, findings

_ROWS = 50
_MEDIA = {
    Format.CSV: "text/csv",
    Format.JSON: "application/json",
    Format.SARIF: "application/sarif+json",
}


def routes() -> list[Route]:
    exports = [
        Route(f"/findings.{one.value}", partial(_export, format=one), methods=["GET"]) for one in Format
    ]
    return [Route("/findings", _list, methods=["GET"]), *exports]


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


def _export(request: Request, format: Format) -> Response:
    """All that the filter selects, as a file that is written while it is sent."""
    watch: Watch = request.app.state.watch
    caller, which = caller_of(request), asked_for(request).which
    headers = {"content-disposition": f'attachment; filename="findings.{format.value}"'}
    pieces = _pieces(watch, caller, which, format)
    return StreamingResponse(pieces, media_type=_MEDIA[format], headers=headers)


def _pieces(watch: Watch, caller: Caller, which: Filter, format: Format) -> Iterator[str]:
    """In a transaction of its own, which lasts as long as the client reads."""
    with watch.database.read() as db:
        yield from exported(db, caller, which, format=format, now=now())

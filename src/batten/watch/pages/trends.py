"""Trends: open findings by severity over time, how long fixes take, and the share of time in which controls held."""

from __future__ import annotations

import msgspec
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from batten.model import Severity
from batten.watch.ledger.figures import Share
from batten.watch.model import SECOND
from batten.watch.pages.families import AREAS, OTHER, area
from batten.watch.pages.filtering import asked_for, offered
from batten.watch.pages.links import asked
from batten.watch.pages.rendering import caller_of, page
from batten.watch.settings import Watch
from batten.watch.store.database import now
from batten.watch.store.questions.trends import trends

_SPANS = {"30d": 30, "90d": 90, "1y": 365}
_USUAL = "90d"
_DASHES = {
    Severity.CRITICAL: [],
    Severity.HIGH: [8, 3],
    Severity.MEDIUM: [4, 3],
    Severity.LOW: [2, 3],
    Severity.INFO: [1, 4],
}


def routes() -> list[Route]:
    return [Route("/trends", _show, methods=["GET"])]


def _show(request: Request) -> Response:
    watch: Watch = request.app.state.watch
    caller, wanted = caller_of(request), asked_for(request)
    span = asked(request, "span") if asked(request, "span") in _SPANS else _USUAL
    with watch.database.read() as db:
        found = trends(db, caller, wanted.which, now=now(), days=_SPANS[span])
        offers = offered(db, caller)
    severities = [s for s in reversed(Severity) if any(day.open.get(s) for day in found.days)]
    # Every seventh day, the last one of all first: what a table has room for.
    # Shares of time by area, in the order of the map.
    summed: dict[str, Share] = {}
    for one in found.shares:
        name = area(one.family)
        summed[name] = summed.get(name, Share()) + one.share
    # What watch.js draws; the table says the same. In a data block `<` is the one character that could end it.
    told = {
        "times": [day.start // SECOND for day in found.days],
        "series": [
            {
                "label": s.label,
                "token": s.label,
                "dash": _DASHES[s],
                "values": [day.open.get(s, 0) for day in found.days],
            }
            for s in severities
        ],
    }
    return page(
        request, "trends.html", asked=wanted, offered=offers, found=found, span=span, spans=tuple(_SPANS),
        severities=severities, chart=Markup(msgspec.json.encode(told).decode().replace("<", "\\u003c")), areas={name: summed[name] for name in (*AREAS, OTHER) if name in summed}, weeks=tuple(reversed(found.days))[::7],
    )  # fmt: skip

"""The printable report: how everything stands, on paper or as a PDF of the browser's own."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from batten.watch.model import DAY
from batten.watch.pages.changed import kinds
from batten.watch.pages.filtering import asked_for, offered
from batten.watch.pages.rendering import caller_of, page
from batten.watch.settings import Watch
from batten.watch.store.database import now
from batten.watch.store.questions.changes import changes
from batten.watch.store.questions.gaps import gaps
from batten.watch.store.questions.heat import heat
from batten.watch.store.questions.today import first
from batten.watch.store.questions.trends import trends

_SINCE = 30  # days
_CAUSES, _ENVIRONMENTS, _CHANGES = 100, 500, 200


def routes() -> list[Route]:
    return [Route("/report", _show, methods=["GET"])]


def _show(request: Request) -> Response:
    watch: Watch = request.app.state.watch
    caller, wanted, at = caller_of(request), asked_for(request), now()
    which = wanted.which
    with watch.database.read() as db:
        changed = changes(db, caller, which, since=at - _SINCE * DAY, now=at, most=_CHANGES)
        return page(
            request, "report.html", asked=wanted, offered=offered(db, caller),
            gaps=gaps(db, caller, which, now=at, most=_ENVIRONMENTS), kinds=kinds(changed), since=changed.since,
            firsts=first(db, caller, which, now=at, most=_CAUSES), heat=heat(db, caller, which, now=at, most=_ENVIRONMENTS),
            trends=trends(db, caller, which, now=at, days=_SINCE),
        )  # fmt: skip

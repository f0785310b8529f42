"""The list of environments: what is known of each, how bad it is, and when it is assessed next."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from batten.model import Severity
from batten.model.record import record
from batten.watch.model import Environment
from batten.watch.pages.filtering import asked_for, offered
from batten.watch.pages.links import asked, number
from batten.watch.pages.rendering import caller_of, page
from batten.watch.settings import Watch
from batten.watch.store import environments
from batten.watch.store.database import now
from batten.watch.store.questions.gaps import gaps
from batten.watch.store.questions.heat import Stretch, heat

_ROWS = 100
_GAPS = 1_000  # of those that are not known, one page has all


@record(kw_only=True)
class EnvironmentRow:
    """An environment and how it stands: the worst that is open, and how many."""

    stretch: Stretch
    environment: Environment
    worst: Severity | None
    open: int
    unknown: int


def routes() -> list[Route]:
    return [Route("/environments", _list, methods=["GET"])]


def _list(request: Request) -> Response:
    watch: Watch = request.app.state.watch
    caller, wanted, after = caller_of(request), asked_for(request), number(request, "after")
    only_gaps = asked(request, "known") == "no"
    with watch.database.read() as db:
        found = heat(db, caller, wanted.which, now=now(), after=after, most=_GAPS if only_gaps else _ROWS)
        unknown = gaps(db, caller, wanted.which, now=now(), most=_GAPS).gaps if only_gaps else ()
        known = environments.some(db, caller, [one.environment.id for one in found.rows])
        offers = offered(db, caller)
    rows = [
        EnvironmentRow(
            stretch=one,
            environment=known[one.environment.id],
            worst=max((cell.worst for cell in one.cells if cell.worst is not None), default=None),
            open=sum(cell.open for cell in one.cells),
            unknown=sum(cell.unknown for cell in one.cells),
        )
        for one in found.rows
    ]
    wanting = {gap.environment.id for gap in unknown}
    shown = [row for row in rows if not only_gaps or row.environment.id in wanting]
    return page(
        request, "environments.html", asked=wanted, offered=offers, rows=shown, found=found, after=after,
        only_gaps=only_gaps,
    )  # fmt: skip

"""One finding: the sentence, who can get at it, the evidence, what to do, its life, and where else it is."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from batten.watch.access.scopes import Scope, may
from batten.watch.ledger.waiving import LONGEST, PENDING, Terms, WaiverProblem
from batten.watch.model import DAY, LifeState
from batten.watch.pages.forms import Form, done, posted
from batten.watch.pages.missing import missing
from batten.watch.pages.rendering import caller_of, page
from batten.watch.pages.timeline import timeline
from batten.watch.pages.words import day, end_of_day
from batten.watch.schedule import acts
from batten.watch.settings import Watch
from batten.watch.store.database import now
from batten.watch.store.questions.one_finding import one

_USUAL = 90 * DAY  # what the form of a waiver proposes


def routes() -> list[Route]:
    place = "/findings/{id:int}"
    return [
        Route(place, _show, methods=["GET"]),
        Route(f"{place}/waive", posted(_waive), methods=["POST"]),
    ]


def _show(request: Request, form: Form | None = None, problem: str = "") -> Response:
    watch: Watch = request.app.state.watch
    caller, at = caller_of(request), now()
    with watch.database.read() as db:
        found = one(db, caller, request.path_params["id"], now=at)
        if found is None:
            return missing(request, "finding")
        operates = may(db, caller, Scope.WAIVE, found.finding.environment.id)
    pending = any(waiver.state in PENDING for waiver in found.waivers)
    offers = operates and not pending and found.finding.state is not LifeState.FIXED
    given = form or {"owner": caller.name, "until": day(at + _USUAL)}
    return page(
        request, "finding.html", 422 if problem else 200, told=found, offers=offers, given=given, problem=problem,
        line=timeline(found.times, found.waivers, found.finding.state, found.finding.since, at),
        first=day(at + DAY), last=day(at + LONGEST), four_eyes=watch.settings.four_eyes,
    )  # fmt: skip


def _waive(request: Request, form: Form) -> Response:
    watch: Watch = request.app.state.watch
    key = int(request.path_params["id"])
    try:
        terms = Terms(
            owner=form.get("owner", ""), reason=form.get("reason", ""), ticket=form.get("ticket", ""),
            until=end_of_day(form.get("until", "")),
        )  # fmt: skip
        with watch.database.begin() as db:
            acts.waive(db, caller_of(request), watch.settings, key, terms, now())
    except (WaiverProblem, ValueError) as error:
        return _show(request, form, str(error))
    return done(f"/findings/{key}", "proposed" if watch.settings.four_eyes else "waived")

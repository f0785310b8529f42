"""Waivers: those that wait for approval, those that end soon, those that waive nothing; and what became of the others."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from batten.model.record import record
from batten.watch.ledger.waiving import ENDING, LONGEST, WaiverProblem
from batten.watch.model import DAY, Role, Waiver, WaiverState
from batten.watch.pages.forms import Form, done, posted, refused
from batten.watch.pages.links import number
from batten.watch.pages.rendering import caller_of, page
from batten.watch.pages.words import day, end_of_day
from batten.watch.schedule import acts
from batten.watch.settings import Watch
from batten.watch.store import environments, waivers
from batten.watch.store.database import now
from batten.watch.store.questions.wheres import named

_SHOWN = 500  # waivers that are proposed or active
_ROWS = 50
_ENDED = (WaiverState.EXPIRED, WaiverState.REVOKED)


@record(kw_only=True)
class Sorted:
    """Waivers by what a reader has to do with them; each is in the first list that it belongs to."""

    proposed: tuple[Waiver, ...]
    unused: tuple[Waiver, ...]
    ending: tuple[Waiver, ...]
    active: tuple[Waiver, ...]


def routes() -> list[Route]:
    forms = {"approve": _approve, "extend": _extend, "revoke": _revoke}
    sent = [
        Route(f"/waivers/{{id:int}}/{name}", posted(act), methods=["POST"]) for name, act in forms.items()
    ]
    return [Route("/waivers", _list, methods=["GET"]), *sent]


def _list(request: Request) -> Response:
    watch: Watch = request.app.state.watch
    caller, at, before = caller_of(request), now(), number(request, "after")
    with watch.database.read() as db:
        proposed = waivers.every(db, caller, states=[WaiverState.PROPOSED], most=_SHOWN)
        active = waivers.every(db, caller, states=[WaiverState.ACTIVE], most=_SHOWN)
        accepting = waivers.accepting(db, [one.id for one in active], at)
        ended = waivers.every(db, caller, states=_ENDED, before=before, most=_ROWS + 1)
        wheres = named(db, caller, {one.environment for one in (*proposed, *active, *ended)})
        operated = environments.some(db, caller, wheres, Role.OPERATOR)
    used = sorted((one for one in active if one.id in accepting), key=lambda one: one.until)
    return page(
        request, "waivers.html", sorted=Sorted(
    proposed=tuple(proposed),
    unused=tuple(one for one in active if one.id not in accepting),
    ending=tuple(one for one in used if one.until <= at + ENDING),
    active=tuple(one for one in used if one.until > at + ENDING),
), ended=ended[:_ROWS], wheres=wheres,
        after=ended[_ROWS - 1].id if len(ended) > _ROWS else 0, began=before, operated=operated, first=day(at + DAY),
        last=day(at + LONGEST), me=caller,
    )  # fmt: skip


def _approve(request: Request, form: Form) -> Response:
    watch: Watch = request.app.state.watch
    key = _operated(request).id
    try:
        with watch.database.begin() as db:
            acts.approve(db, caller_of(request), key, now())
    except WaiverProblem as problem:
        return refused(request, str(problem), "/waivers")
    return done("/waivers", "approved")


def _extend(request: Request, form: Form) -> Response:
    watch: Watch = request.app.state.watch
    key, caller = _operated(request).id, caller_of(request)
    try:
        until = end_of_day(form.get("until", ""))
        with watch.database.begin() as db:
            made = acts.extend(db, caller, watch.settings, key, until, form.get("reason", ""), now())
    except (WaiverProblem, ValueError) as problem:
        return refused(request, str(problem), "/waivers")
    return done("/waivers", "extended" if made.id == key else "proposed")


def _revoke(request: Request, form: Form) -> Response:
    watch: Watch = request.app.state.watch
    key = _operated(request).id
    try:
        with watch.database.begin() as db:
            acts.revoke(db, caller_of(request), key, now())
    except WaiverProblem as problem:
        return refused(request, str(problem), "/waivers")
    return done("/waivers", "revoked")


def _operated(request: Request) -> Waiver:
    """The waiver of an act. Raises HTTPException: what is not theirs is not there."""
    watch: Watch = request.app.state.watch
    with watch.database.read() as db:
        found = waivers.find(db, caller_of(request), request.path_params["id"], Role.OPERATOR)
    if found is None:
        raise HTTPException(404)
    return found

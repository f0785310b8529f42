"""Assignments: which secrets, paths, traffic files and networks of the service the settings of which team may name."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from batten.watch.model import SERVICE, Asset, Assignment
from batten.watch.pages.forms import Form, done, posted
from batten.watch.pages.rendering import caller_of, page
from batten.watch.schedule import acts
from batten.watch.schedule.acts import ActProblem
from batten.watch.settings import Watch
from batten.watch.store import assignments, teams
from batten.watch.store.database import now

_LIST = "/settings/assignments"
_ALL = "channels that report everything"


def routes() -> list[Route]:
    return [
        Route(_LIST, _list, methods=["GET"]),
        Route(_LIST, posted(_assign), methods=["POST"]),
        Route(f"{_LIST}/withdraw", posted(_withdraw), methods=["POST"]),
    ]


def _list(request: Request, form: Form | None = None, problem: str = "") -> Response:
    watch: Watch = request.app.state.watch
    with watch.database.read() as db:
        every, missing = assignments.every(db), acts.unassigned(db)
        known = teams.every(db, SERVICE)
    names = {0: _ALL} | {team.id: team.name for team in known}
    return page(
        request, "settings_assignments.html", 422 if problem else 200, every=every, missing=missing, names=names,
        alone=len(known) < 2, problem=problem, given=form or {}, assets=tuple((a.value, a.value) for a in Asset),
        teams=(*((str(team.id), team.name) for team in known), ("0", _ALL)),
    )  # fmt: skip


def _assign(request: Request, form: Form) -> Response:
    watch: Watch = request.app.state.watch
    try:
        with watch.database.begin() as db:
            acts.assign(db, caller_of(request), _given(form), now())
    except ActProblem as problem:
        return _list(request, form, str(problem))
    return done(_LIST, "saved")


def _withdraw(request: Request, form: Form) -> Response:
    watch: Watch = request.app.state.watch
    try:
        with watch.database.begin() as db:
            acts.withdraw(db, caller_of(request), _given(form), now())
    except ActProblem as problem:
        return _list(request, form, str(problem))
    return done(_LIST, "removed")


def _given(form: Form) -> Assignment:
    """The assignment of a form. Raises ActProblem."""
    asset = next((a for a in Asset if a.value == form.get("asset")), None)
    team = form.get("team", "")
    if asset is None or not (team.isascii() and team.isdigit() and len(team) < 17):
        raise ActProblem("choose what it is, and whose")
    return Assignment(asset=asset, name=form.get("name", "").strip(), team=int(team))

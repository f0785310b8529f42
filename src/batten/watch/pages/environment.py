"""One environment: what files declare, what the running system shows, and what is intended, side by side."""

from __future__ import annotations

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from batten.model.record import record
from batten.watch.model import Environment, Role, Status
from batten.watch.pages.forms import Form, done, posted
from batten.watch.pages.missing import missing
from batten.watch.pages.rendering import caller_of, page
from batten.watch.schedule import acts
from batten.watch.settings import Watch
from batten.watch.store import environments
from batten.watch.store.database import now
from batten.watch.store.questions.one_environment import Line, one
from batten.watch.store.questions.parity import behind_of


@record(kw_only=True)
class Sorted:
    """Controls by what a reader has to do: `apart` need a look; `alike` hold on each side that is known."""

    apart: tuple[Line, ...]
    alike: tuple[Line, ...]


def routes() -> list[Route]:
    place = "/environments/{id:int}"
    forms = {"run": _run, "pause": _pause, "resume": _resume}
    sent = [Route(f"{place}/{name}", posted(act), methods=["POST"]) for name, act in forms.items()]
    return [Route(place, _show, methods=["GET"]), *sent]


def _show(request: Request) -> Response:
    watch: Watch = request.app.state.watch
    caller, key = caller_of(request), request.path_params["id"]
    with watch.database.read() as db:
        found = one(db, caller, key, now=now())
        if found is None:
            return missing(request, "environment")
        behind = behind_of(db, caller, key, now=now())
        operates = environments.find(db, caller, key, Role.OPERATOR) is not None
        administers = environments.find(db, caller, key, Role.ADMIN) is not None
    alike = tuple(
        line
        for line in found.lines
        if {line.declared.status, line.observed.status} <= {Status.HOLDS, Status.ABSENT, None}
    )
    return page(
        request, "environment.html", whole=found, lines=Sorted(apart=tuple(line for line in found.lines if line not in alike), alike=alike), operates=operates,
        administers=administers, behind=behind,
    )  # fmt: skip


def _run(request: Request, form: Form) -> Response:
    watch: Watch = request.app.state.watch
    with watch.database.begin() as db:
        _, new = acts.run(db, caller_of(request), _operated(db, request), now())
    return done(_path(request), "queued" if new else "pending")


def _pause(request: Request, form: Form) -> Response:
    return _paused(request, True)


def _resume(request: Request, form: Form) -> Response:
    return _paused(request, False)


def _paused(request: Request, paused: bool) -> Response:
    watch: Watch = request.app.state.watch
    with watch.database.begin() as db:
        acts.pause(db, caller_of(request), _operated(db, request), paused, now())
    return done(_path(request), "paused" if paused else "resumed")


def _path(request: Request) -> str:
    return f"/environments/{request.path_params['id']}"


def _operated(db: Connection, request: Request) -> Environment:
    """The environment of an act, in the act's own transaction. Raises HTTPException: what is not theirs is not there."""
    found = environments.find(db, caller_of(request), request.path_params["id"], Role.OPERATOR)
    if found is None:
        raise HTTPException(404)
    return found

"""Runs: what is in progress, what waits, what failed and why; and one run."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from batten.watch.model import Role, RunState
from batten.watch.pages.filtering import offered
from batten.watch.pages.forms import Form, done, posted
from batten.watch.pages.links import asked, number
from batten.watch.pages.missing import missing
from batten.watch.pages.rendering import caller_of, page
from batten.watch.schedule import acts
from batten.watch.settings import Watch
from batten.watch.store import environments, runs
from batten.watch.store.database import now
from batten.watch.store.questions.wheres import named

_ROWS = 50
_PENDING = (RunState.RUNNING, RunState.QUEUED)
_ENDED = (RunState.DONE, RunState.FAILED, RunState.CANCELLED)
_SHOWN = 200  # runs that wait


def routes() -> list[Route]:
    return [
        Route("/runs", _list, methods=["GET"]),
        Route("/runs/{id:int}", _show, methods=["GET"]),
        Route("/runs/{id:int}/cancel", posted(_cancel), methods=["POST"]),
    ]


def _list(request: Request) -> Response:
    watch: Watch = request.app.state.watch
    caller, environment, before = caller_of(request), number(request, "environment"), number(request, "after")
    states = [state for state in _ENDED if state.value == asked(request, "state")] or _ENDED
    with watch.database.read() as db:
        pending = runs.every(db, caller, environment, _PENDING, most=_SHOWN)
        ended = runs.every(db, caller, environment, states, before, _ROWS + 1)
        wheres = named(db, caller, {run.environment for run in [*pending, *ended]})
        offers = offered(db, caller)
        operated = environments.some(db, caller, {run.environment for run in pending}, Role.OPERATOR)
    waiting = [run for run in pending if run.state is RunState.QUEUED]
    return page(
        request, "runs.html", running=[run for run in pending if run.state is RunState.RUNNING], waiting=waiting,
        ended=ended[:_ROWS], after=ended[_ROWS - 1].id if len(ended) > _ROWS else 0, began=before, wheres=wheres, offered=offers,
        environment=environment, state=asked(request, "state"), operated=operated,
        oldest=min((run.queued for run in waiting), default=None), states=tuple((s.value, s.value) for s in _ENDED),
    )  # fmt: skip


def _show(request: Request) -> Response:
    watch: Watch = request.app.state.watch
    caller = caller_of(request)
    with watch.database.read() as db:
        found = runs.find(db, caller, request.path_params["id"])
        if found is None:
            return missing(request, "run")
        where = named(db, caller, [found.environment])[found.environment]
        # The run before it that ended well, which it can be compared with.
        earlier = runs.every(db, caller, found.environment, [RunState.DONE], found.id, 1)
        before = earlier[0] if earlier else None
        operates = environments.find(db, caller, found.environment, Role.OPERATOR) is not None
    return page(request, "run.html", run=found, where=where, before=before, operates=operates)


def _cancel(request: Request, form: Form) -> Response:
    watch: Watch = request.app.state.watch
    with watch.database.begin() as db:
        found = runs.find(db, caller_of(request), request.path_params["id"], Role.OPERATOR)
        if found is None:
            return missing(request, "run")
        acts.cancel(db, caller_of(request), found, now())
    return done(f"/runs/{found.id}", "cancelled")

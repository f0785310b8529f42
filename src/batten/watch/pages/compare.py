"""Two environments, or two runs of one environment: only what differs, by cause."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from batten.watch.model import RunState
from batten.watch.pages.filtering import offered
from batten.watch.pages.links import asked, number
from batten.watch.pages.rendering import caller_of, page
from batten.watch.pages.words import when
from batten.watch.settings import Watch
from batten.watch.store import runs
from batten.watch.store.questions import compare

_RUNS = 200  # runs of an environment to choose from


def routes() -> list[Route]:
    return [Route("/compare", _compare, methods=["GET"])]


def _compare(request: Request) -> Response:
    watch: Watch = request.app.state.watch
    caller, left, right = caller_of(request), number(request, "left"), number(request, "right")
    of, (one, two) = number(request, "of"), _runs(request)
    with watch.database.read() as db:
        offers = offered(db, caller)
        found = None
        if one and two:
            found = compare.of_runs(db, caller, one, two)
            of = of or (found.left.environment.id if found is not None else 0)
        elif left and right:
            found = compare.environments(db, caller, left, right)
        choices = runs.every(db, caller, of, [RunState.DONE], most=_RUNS) if of else []
    named = tuple((str(run.id), f"{run.id} · {when(run.ended or run.queued)}") for run in choices)
    return page(
        request, "compare.html", offered=offers, found=found, left=left, right=right, of=of, one=one, two=two,
        runs=named, wanted=bool((one and two) or (left and right)),
    )  # fmt: skip


def _runs(request: Request) -> tuple[int, int]:
    """Two runs: each by itself, or both in one link (`runs=12-40`)."""
    first, _, second = asked(request, "runs").partition("-")
    if (
        first.isascii()
        and first.isdigit()
        and second.isascii()
        and second.isdigit()
        and len(first + second) < 36
    ):
        return int(first), int(second)
    return number(request, "one"), number(request, "two")

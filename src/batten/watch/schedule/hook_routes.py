"""The address of webhooks: `POST /hooks/{environment}`, open to all, since a delivery is known by its signature."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from batten.watch.schedule.hook_senders import Delivery, HookProblem
from batten.watch.schedule.hooks import take


def routes() -> list[BaseRoute]:
    """The webhooks' address; the body is bounded by the door (`access/middleware.py`)."""
    return [Route("/hooks/{environment:int}", _received, methods=["POST"])]


async def _received(request: Request) -> Response:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers.raw}
    given = Delivery(headers, await request.body())
    number, only = request.path_params["environment"], request.query_params.get("only", "")
    try:
        taken = await run_in_threadpool(take, request.app.state.watch, number, given, only)
    except HookProblem as problem:
        said = {"type": "about:blank", "title": "Webhook", "status": problem.status, "detail": str(problem)}
        return JSONResponse(said, problem.status, media_type="application/problem+json")
    if taken.run:
        return JSONResponse({"run": taken.run}, 202)
    return JSONResponse({"ignored": taken.why}, 200)

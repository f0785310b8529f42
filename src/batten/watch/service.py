"""What listens: pages, API and health in one application, closed by default."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from batten.watch.api.routes import routes as api_routes
from batten.watch.settings import Watch


def application(watch: Watch) -> Starlette:
    """The ASGI application of one service."""
    made = Starlette(routes=_routes())
    made.state.watch = watch
    return made


def _routes() -> list[BaseRoute]:
    return [Route("/healthz", _alive), Route("/readyz", _ready), *api_routes()]


async def _alive(request: Request) -> Response:
    return PlainTextResponse("ok\n")


def _ready(request: Request) -> Response:
    """Ready where the database answers; why not is in the log, not for strangers."""
    watch: Watch = request.app.state.watch
    try:
        with watch.database.read() as db:
            db.exec_driver_sql("SELECT 1")
    except SQLAlchemyError:
        return PlainTextResponse("the database does not answer\n", 503)
    return PlainTextResponse("ready\n")

"""What listens: pages, API and health in one application, closed by default."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from batten.watch.access.middleware import guarded
from batten.watch.api.routes import routes as api_routes
from batten.watch.metrics import routes as metric_routes
from batten.watch.pages.assets import address
from batten.watch.pages.live import Streams
from batten.watch.pages.missing import handlers
from batten.watch.pages.routes import routes as page_routes
from batten.watch.schedule.hook_routes import routes as hook_routes
from batten.watch.settings import Watch


def application(watch: Watch) -> ASGIApp:
    """The ASGI application of one service, behind its door: closed to strangers but for what `access/rules.py` opens."""
    return guarded(inside(watch), watch, (address("tokens.css"), address("watch.css")))


def inside(watch: Watch) -> Starlette:
    """The application without its door."""
    made = Starlette(routes=routes(), exception_handlers=handlers())
    made.state.watch = watch
    made.state.streams = Streams()
    return made


def routes() -> list[BaseRoute]:
    """All that the service answers."""
    return [
        Route("/healthz", _alive),
        Route("/readyz", _ready),
        *metric_routes(),
        *hook_routes(),
        *api_routes(),
        *page_routes(),
    ]


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

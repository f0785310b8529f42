"""Settings: what the caller may set up, and the way there."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from batten.model.record import record
from batten.watch.access.scopes import Scope, may_anywhere, may_everywhere
from batten.watch.model import Caller
from batten.watch.pages.rendering import caller_of, page


@record(kw_only=True)
class Part:
    """A part of the settings, for those who may."""

    path: str
    name: str
    said: str


_OWN = (
    Part(
        path="/settings/password",
        name="Password and sessions",
        said="Change your password, and log out everywhere",
    ),
    Part(
        path="/settings/tokens",
        name="Tokens",
        said="For CI and programs: the API, pushed reports, the command line",
    ),
)
_ADMIN = (
    Part(
        path="/settings/environments", name="Environments", said="What is assessed, from where, and how often"
    ),
    Part(
        path="/settings/channels",
        name="Channels",
        said="Where alerts go: mail, chat, webhooks, on-call services",
    ),
)
_ALL = (
    Part(path="/settings/users", name="Users", said="Who may log in, and what they see and do"),
    Part(
        path="/settings/assignments",
        name="Assignments",
        said="Which secrets, folders, files and networks the settings of which team may name",
    ),
    Part(path="/settings/audit", name="Audit log", said="What people did, in a chain that shows changes"),
)


def routes() -> list[Route]:
    return [Route("/settings", _show, methods=["GET"])]


def _show(request: Request) -> Response:
    return page(request, "settings.html", parts=parts(caller_of(request)))


def parts(caller: Caller) -> tuple[Part, ...]:
    """The parts that are the caller's."""
    admin = _ADMIN if may_anywhere(caller, Scope.ADMIN) else ()
    return (*_OWN, *admin, *(_ALL if may_everywhere(caller, Scope.ADMIN) else ()))

"""Pages of what cannot be shown: not there, or another's, which is the same answer; and of what went wrong."""

from __future__ import annotations

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ExceptionHandler

from batten.watch.access.answers import for_programs, refusal
from batten.watch.pages.rendering import page

_SAID = {
    404: "There is no such page, or what it shows is not visible to you.",
    405: "This address does not take such a request.",
}
_BROKEN = "internal error: please report it with the log of the service"


def missing(request: Request, noun: str = "page") -> Response:
    """Nothing of this name is there for the caller."""
    said = f"There is no such {noun}, or its environment is not visible to you."
    return page(request, "missing.html", 404, title="Not found", said=said)


def handlers() -> dict[int | type[Exception], ExceptionHandler]:
    """What the application answers where a page or an operation ends with an exception."""
    return {HTTPException: _ended, Exception: _broken}


def _ended(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    said = _SAID.get(status) or (str(error.detail) if isinstance(error, HTTPException) else _BROKEN)
    if for_programs(request.scope):
        return refusal(request.scope, status, said)
    return page(request, "missing.html", status, title=HTTPStatus(status).phrase, said=said)


def _broken(request: Request, error: Exception) -> Response:
    """Starlette logs the error; those who asked read none of it."""
    return refusal(request.scope, 500, _BROKEN)

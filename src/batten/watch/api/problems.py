"""Errors as clients get them: problem documents (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus
from typing import NoReturn

import msgspec
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


class ApiProblem(Exception):
    """A request that cannot be answered as it is; the sentence says why and what to do."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    type: str = "about:blank"
    title: str
    status: int
    detail: str


def missing(what: str) -> NoReturn:
    """What is not there, or is another's, which is the same for the caller."""
    raise ApiProblem(404, f"there is no {what} that you can see")


def response(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """The problem document of a status."""
    body = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail[:2000])
    return Response(msgspec.json.encode(body), status, headers, MEDIA_TYPE)

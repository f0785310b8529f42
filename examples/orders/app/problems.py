"""Errors as problem documents (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from app import contract


def _problem(status: int, detail: str = "", headers: Mapping[str, str] | None = None) -> JSONResponse:
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    if detail:
        body["detail"] = detail
    return JSONResponse(body, status, headers, media_type="application/problem+json")


async def http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    verbs = contract.allowed(request.url.path) if error.status_code == 405 else ()
    if verbs:  # the framework names those of the first route that has the path only
        headers["Allow"] = ", ".join(verbs)
    return _problem(error.status_code, headers=headers)


async def invalid_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    where = ".".join(str(part) for part in error.errors()[0]["loc"])
    return _problem(422, f"The request is not valid at {where}."[:200])


async def unexpected_error(request: Request, error: Exception) -> JSONResponse:
    return _problem(500)

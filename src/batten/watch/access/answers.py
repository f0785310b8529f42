"""What those get who may not: a page for people, a problem (RFC 9457) for programs."""

from __future__ import annotations

from html import escape
from http import HTTPStatus
from urllib.parse import urlencode

from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import Scope

from batten.watch.access.cookies import header

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · batten</title>
{styles}
<main class="door"><h1>{title}</h1>
<p>{detail}</p>
<p><a href="/">Go to the first page</a></p></main>
</html>
"""


def refusal(scope: Scope, status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """An answer that refuses, for those who ask: `detail` is a sentence that says what to do."""
    title = HTTPStatus(status).phrase
    if for_programs(scope):
        said = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        return JSONResponse(said, status, headers, "application/problem+json")
    styles = "".join(f'<link rel="stylesheet" href="{escape(path)}">' for path in scope["state"]["styles"])
    page = _PAGE.format(title=escape(title), detail=escape(detail), styles=styles)
    return HTMLResponse(page, status, headers)


def log_in_first(scope: Scope) -> Response:
    """Where a stranger is sent: people to the log-in page and back to where they were going, programs to their token."""
    if for_programs(scope):
        detail = "this requires a token: send it as `Authorization: Bearer bt_…`"
        return refusal(scope, 401, detail, {"WWW-Authenticate": 'Bearer realm="batten"'})
    way = "/login"
    if scope["method"] in ("GET", "HEAD"):
        query = scope["query_string"].decode("latin-1")
        goal = scope["path"] + (f"?{query}" if query else "")
        way += "" if goal == "/" else "?" + urlencode({"next": goal})
    if header(scope, b"hx-request"):
        return Response(status_code=401, headers={"HX-Redirect": "/login", "WWW-Authenticate": "Cookie"})
    return RedirectResponse(way, 303)


def for_programs(scope: Scope) -> bool:
    """Whether a program asks, which is told what is wrong in JSON."""
    path: str = scope["path"]
    return path.startswith(("/api/", "/openapi.json", "/metrics", "/events", "/hooks/"))

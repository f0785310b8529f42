"""The reader's choice of light or dark, kept in a cookie; without one the system's choice holds."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from batten.watch.pages.rendering import THEME, THEMES
from batten.watch.pages.steps import back

_YEAR = 31_536_000  # seconds


def routes() -> list[Route]:
    return [Route("/theme", _choose, methods=["POST"])]


async def _choose(request: Request) -> Response:
    form = await request.form()
    chosen = str(form.get("theme", ""))
    answer = RedirectResponse(back(str(form.get("next", ""))), 303)
    if chosen in THEMES:
        secure = request.url.scheme == "https"
        answer.set_cookie(THEME, chosen, max_age=_YEAR, httponly=True, samesite="lax", secure=secure)
    else:
        answer.delete_cookie(THEME)
    return answer

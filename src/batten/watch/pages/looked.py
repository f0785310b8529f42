"""When a reader last looked: a cookie of this browser, so that *what changed* begins where the last visit ended."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from batten.watch.model import DAY, MINUTE

COOKIE = "batten-looked"
_VISIT = 30 * MINUTE  # without a look for that long, the next look is another visit
_USUAL = DAY  # where nothing is known
_KEPT = 90 * DAY


def last_looked(request: Request, now: int) -> int:
    """When the visit before this one ended; a day ago where this is the first."""
    begin, latest = _kept(request)
    if not latest or latest > now:
        return now - _USUAL
    return latest if now - latest > _VISIT else min(begin, latest)


def looks(request: Request, response: Response, now: int) -> None:
    """Note that the reader looks now."""
    secure = request.url.scheme == "https"
    response.set_cookie(
        COOKIE,
        f"{last_looked(request, now)}.{now}",
        max_age=_KEPT // 1_000,
        httponly=True,
        samesite="lax",
        secure=secure,
    )


def _kept(request: Request) -> tuple[int, int]:
    begin, dot, latest = request.cookies.get(COOKIE, "").partition(".")
    if (
        not dot
        or len(begin + latest) > 40
        or not (begin + latest).isascii()
        or not (begin + latest).isdigit()
    ):
        return 0, 0
    return int(begin), int(latest)

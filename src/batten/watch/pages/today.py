"""Today: what to do first, what changed, and what is not known."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from batten.watch.model import DAY, MINUTE
from batten.watch.pages.changed import kinds
from batten.watch.pages.filtering import asked_for, offered
from batten.watch.pages.links import asked
from batten.watch.pages.rendering import caller_of, page
from batten.watch.settings import Watch
from batten.watch.store.database import now
from batten.watch.store.questions.changes import changes
from batten.watch.store.questions.gaps import gaps
from batten.watch.store.questions.today import first

COOKIE = "batten-looked"
_VISIT = 30 * MINUTE  # without a look for that long, the next look is another visit
_USUAL = DAY  # where nothing is known
_KEPT = 90 * DAY


_SPANS = {"1d": DAY, "7d": 7 * DAY, "30d": 30 * DAY}
_CHANGES = 200  # by cause and environment


def routes() -> list[Route]:
    return [Route("/", _today, methods=["GET"])]


def _today(request: Request) -> Response:
    watch: Watch = request.app.state.watch
    caller, wanted, at = caller_of(request), asked_for(request), now()
    span = asked(request, "since")
    since = at - _SPANS[span] if span in _SPANS else last_looked(request, at)
    with watch.database.read() as db:
        found = changes(db, caller, wanted.which, since=since, now=at, most=_CHANGES)
        shown = page(
            request,
            "today.html",
            asked=wanted,
            offered=offered(db, caller),
            firsts=first(db, caller, wanted.which, now=at),
            since=found.since,
            kinds=kinds(found),
            more=found.more,
            gaps=gaps(db, caller, wanted.which, now=at, most=12),
            span=span if span in _SPANS else "",
        )
    _looks(request, shown, at)
    return shown


def last_looked(request: Request, now: int) -> int:
    """When the visit before this one ended; a day ago where this is the first."""
    begin, latest = _kept(request)
    if not latest or latest > now:
        return now - _USUAL
    return latest if now - latest > _VISIT else min(begin, latest)


def _looks(request: Request, response: Response, now: int) -> None:
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

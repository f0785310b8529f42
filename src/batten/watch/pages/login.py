"""Log in, log out, and the page of one's own password and sessions."""

from __future__ import annotations

from functools import partial

import anyio
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from batten.watch.access import cookies
from batten.watch.access.callers import LASTS, Known
from batten.watch.access.login import Entered, Tried, change_password, log_in, log_out, seconds
from batten.watch.access.middleware import PASSWORD
from batten.watch.model import SECOND
from batten.watch.pages.rendering import page
from batten.watch.pages.steps import back
from batten.watch.settings import Watch
from batten.watch.store.database import now

_DEVICE_LASTS = 180 * 24 * 3600  # seconds
# Log-ins wait for each other in threads of their own: a crowd at the door takes none from those who are inside.
_THREADS = anyio.CapacityLimiter(4)


def routes() -> list[Route]:
    return [
        Route("/login", _show, methods=["GET"]),
        Route("/login", _log_in, methods=["POST"]),
        Route("/logout", _log_out, methods=["POST"]),
        Route(PASSWORD, _show_own, methods=["GET"]),
        Route(PASSWORD, _change, methods=["POST"]),
    ]


def _show(request: Request) -> Response:
    goal = back(request.query_params.get("next", ""))
    if request.state.known is not None:
        return RedirectResponse(goal, 303)
    return log_in_page(request, 200, goal)


def log_in_page(request: Request, status: int, goal: str, said: str = "", name: str = "") -> Response:
    """The page for strangers, with a sentence where a log-in did not succeed."""
    provider = watch_of(request).settings.provider
    return page(request, "login.html", status, goal=goal, name=name, said=said, provider=provider)


async def _log_in(request: Request) -> Response:
    form = await request.form(max_fields=20)
    goal, name = back(field(form, "next")), field(form, "name").strip()
    secure = is_secure(request)
    tried = Tried(
        name=name, password=field(form, "password"), address=address_of(request),
        device=cookies.sent(request.scope, cookies.DEVICE, secure),
        session=cookies.sent(request.scope, cookies.SESSION, secure),
    )  # fmt: skip
    done = await anyio.to_thread.run_sync(
        partial(log_in, watch_of(request).database, tried, now()), limiter=_THREADS
    )
    if isinstance(done, Entered):
        return _enter(request, done, PASSWORD if done.must_change else goal)
    if done.wait:
        return too_many(request, goal, done.wait, name)
    return log_in_page(request, 403, goal, "The name or the password is not right.", name)


def too_many(request: Request, goal: str, wait: int, name: str = "") -> Response:
    """The page for those who have to wait so many milliseconds."""
    left = str(seconds(wait))
    answer = log_in_page(request, 429, goal, f"Too many attempts. Try again in {left} seconds.", name)
    answer.headers["Retry-After"] = left
    return answer


async def _log_out(request: Request) -> Response:
    form = await request.form(max_fields=20)
    known: Known = request.state.known
    everywhere = field(form, "everywhere") != ""
    await anyio.to_thread.run_sync(log_out, watch_of(request).database, known, now(), everywhere)
    answer = RedirectResponse("/login", 303)
    cookies.drop(answer, cookies.SESSION, is_secure(request))
    return answer


def _show_own(request: Request) -> Response:
    return _own_page(request, 200, "")


def _own_page(request: Request, status: int, said: str) -> Response:
    known: Known = request.state.known
    return page(
        request,
        "password.html",
        status,
        said=said,
        must_change=known.must_change,
        has_password=known.has_password,
    )


async def _change(request: Request) -> Response:
    form = await request.form(max_fields=20)
    known: Known = request.state.known
    new = field(form, "new")
    if new != field(form, "again"):
        return _not_changed(request, "the new password and its repetition differ")
    given = (watch_of(request).database, known, field(form, "old"), new, now())
    done = await anyio.to_thread.run_sync(change_password, *given, limiter=_THREADS)
    return _enter(request, done, "/") if isinstance(done, Entered) else _not_changed(request, done)


def _not_changed(request: Request, said: str) -> Response:
    return _own_page(request, 422, said[0].upper() + said[1:] + ".")


def _enter(request: Request, done: Entered, goal: str) -> Response:
    answer = RedirectResponse(goal, 303)
    secure = is_secure(request)
    cookies.put(answer, cookies.SESSION, done.session, secure, LASTS // SECOND)
    cookies.put(answer, cookies.DEVICE, done.device, secure, _DEVICE_LASTS)
    return answer


def address_of(request: Request) -> str:
    """Of the client, as the connection or a proxy that is believed says."""
    return request.client.host if request.client else ""


def watch_of(request: Request) -> Watch:
    """The service that is asked."""
    watch: Watch = request.app.state.watch
    return watch


def is_secure(request: Request) -> bool:
    """Whether cookies of the answer are for TLS alone."""
    return cookies.is_secure(request.scope, watch_of(request).settings)


def field(form: FormData, name: str) -> str:
    """A field of a form; "" where it is not there."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""

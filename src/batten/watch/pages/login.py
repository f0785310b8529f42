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
    return page(request, "login.html", goal=goal, said="", name="")


async def _log_in(request: Request) -> Response:
    form = await request.form(max_fields=20)
    goal, name = back(_text(form, "next")), _text(form, "name").strip()
    secure = _secure(request)
    tried = Tried(
        name=name, password=_text(form, "password"), address=request.client.host if request.client else "",
        device=cookies.sent(request.scope, cookies.DEVICE, secure),
        session=cookies.sent(request.scope, cookies.SESSION, secure),
    )  # fmt: skip
    done = await anyio.to_thread.run_sync(
        partial(log_in, _watch(request).database, tried, now()), limiter=_THREADS
    )
    if isinstance(done, Entered):
        return _enter(request, done, PASSWORD if done.must_change else goal)
    if done.wait:
        wait = str(seconds(done.wait))
        answer = page(
            request,
            "login.html",
            429,
            goal=goal,
            name=name,
            said=f"Too many attempts. Try again in {wait} seconds.",
        )
        answer.headers["Retry-After"] = wait
        return answer
    return page(
        request, "login.html", 403, goal=goal, name=name, said="The name or the password is not right."
    )


async def _log_out(request: Request) -> Response:
    form = await request.form(max_fields=20)
    known: Known = request.state.known
    everywhere = _text(form, "everywhere") != ""
    await anyio.to_thread.run_sync(log_out, _watch(request).database, known, now(), everywhere)
    answer = RedirectResponse("/login", 303)
    cookies.drop(answer, cookies.SESSION, _secure(request))
    return answer


def _show_own(request: Request) -> Response:
    return page(request, "password.html", said="", must_change=request.state.known.must_change)


async def _change(request: Request) -> Response:
    form = await request.form(max_fields=20)
    known: Known = request.state.known
    new = _text(form, "new")
    if new != _text(form, "again"):
        return _not_changed(request, "the new password and its repetition differ")
    given = (_watch(request).database, known, _text(form, "old"), new, now())
    done = await anyio.to_thread.run_sync(change_password, *given, limiter=_THREADS)
    return _enter(request, done, "/") if isinstance(done, Entered) else _not_changed(request, done)


def _not_changed(request: Request, said: str) -> Response:
    must_change = request.state.known.must_change
    return page(request, "password.html", 422, said=said[0].upper() + said[1:] + ".", must_change=must_change)


def _enter(request: Request, done: Entered, goal: str) -> Response:
    answer = RedirectResponse(goal, 303)
    secure = _secure(request)
    cookies.put(answer, cookies.SESSION, done.session, secure, LASTS // SECOND)
    cookies.put(answer, cookies.DEVICE, done.device, secure, _DEVICE_LASTS)
    return answer


def _watch(request: Request) -> Watch:
    watch: Watch = request.app.state.watch
    return watch


def _secure(request: Request) -> bool:
    return cookies.is_secure(request.scope, _watch(request).settings)


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""

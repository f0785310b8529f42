"""Log in with the provider: the way to it and back."""

from __future__ import annotations

from functools import partial

import anyio
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from batten.watch.access import cookies, throttle
from batten.watch.access.callers import LASTS
from batten.watch.access.oidc import OidcProblem, flow
from batten.watch.access.oidc.admitted import enter
from batten.watch.access.oidc.remote import remote
from batten.watch.model import SECOND
from batten.watch.pages.login import address_of, is_secure, log_in_page, too_many, watch_of
from batten.watch.pages.steps import back
from batten.watch.secrets import secret
from batten.watch.settings import Provider, Watch
from batten.watch.store.database import now

_CALLBACK = "/oidc/callback"
_THREADS = anyio.CapacityLimiter(4)  # for a provider that is slow: passwords do not wait for it


def routes() -> list[Route]:
    return [Route("/oidc/login", _begin, methods=["GET"]), Route(_CALLBACK, _complete, methods=["GET"])]


async def _begin(request: Request) -> Response:
    watch, goal = watch_of(request), back(request.query_params.get("next", ""))
    if watch.settings.provider is None:
        return log_in_page(request, 404, goal, "This service has no provider to log in with.")
    known = remote(watch.settings.provider)
    begun = partial(flow.begin, known, _address(watch), goal, now())
    try:
        way = await anyio.to_thread.run_sync(begun, limiter=_THREADS)
    except OidcProblem as problem:
        return _refused(request, problem)
    answer = RedirectResponse(way.url, 303)
    cookies.put(answer, cookies.SIGN_IN, way.cookie, is_secure(request), flow.LASTS)
    return answer


async def _complete(request: Request) -> Response:
    provider = watch_of(request).settings.provider
    if provider is None:
        return log_in_page(request, 404, "/", "This service has no provider to log in with.")
    answer = await anyio.to_thread.run_sync(partial(_entered, request, provider), limiter=_THREADS)
    cookies.drop(answer, cookies.SIGN_IN, is_secure(request))
    return answer


def _entered(request: Request, provider: Provider) -> Response:
    watch, at = watch_of(request), now()
    subjects = [throttle.of_address(address_of(request))]
    with watch.database.begin() as db:
        if wait := throttle.admitted(db, subjects, at):
            return too_many(request, "/", wait)
    try:
        begun = flow.begun_of(cookies.sent(request.scope, cookies.SIGN_IN, is_secure(request)))
        hidden = secret(watch.settings.folder, provider.secret) if provider.secret else ""
        if hidden is None:
            raise OidcProblem(f"the client's secret {provider.secret} is not set")
        claims = flow.complete(remote(provider), begun, request.query_params, _address(watch), hidden, at)
    except OidcProblem as problem:
        return _refused(request, problem)
    before = cookies.sent(request.scope, cookies.SESSION, is_secure(request))
    with watch.database.begin() as db:
        throttle.succeeded(db, subjects, at)
        sent = enter(db, provider, claims, address_of(request), at, before)
    if sent is None:
        return log_in_page(
            request, 403, "/", "Your account has no role here. Ask an administrator of batten watch for one."
        )
    answer = RedirectResponse(back(begun.goal), 303)
    cookies.put(answer, cookies.SESSION, sent, is_secure(request), LASTS // SECOND)
    return answer


def _refused(request: Request, problem: OidcProblem) -> Response:
    said = str(problem)
    return log_in_page(request, 403, "/", f"{said[0].upper()}{said[1:]}.")


def _address(watch: Watch) -> str:
    return watch.settings.url.rstrip("/") + _CALLBACK

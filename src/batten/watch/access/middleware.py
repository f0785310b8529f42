"""The door of the service: host, size, caller, origin and rule of each request, and the headers of each answer.

What comes after it reads `request.state.caller` (a Caller; None where an open address is asked by a stranger), `request.state.csrf`
(what forms bring back as `csrf`, htmx as `X-CSRF-Token`) and, here in this room, `request.state.known`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from batten import masking
from batten.watch.access import cookies, forgery
from batten.watch.access.answers import for_programs, log_in_first, refusal
from batten.watch.access.callers import Known, by_session, by_token
from batten.watch.access.cookies import header
from batten.watch.access.hosts import served
from batten.watch.access.rules import READS, Door, Rule, allows, rule_of
from batten.watch.settings import Watch
from batten.watch.store.database import now

# Trusted types are not required: htmx hands the service's own answers to the browser's parser, and a policy that lets them pass
# unread would add nothing to `script-src`. `form-action` holds for redirects of forms, too: sign-in with a provider begins with a link.
_PAGES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types htmx"
)
_DATA = "default-src 'none'; frame-ancestors 'none'"
_FEATURES = (
    "camera", "display-capture", "geolocation", "gyroscope", "accelerometer", "magnetometer", "microphone", "midi", "payment",
    "usb", "serial", "hid", "browsing-topics",
)  # fmt: skip
_OF_ALL = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # `no-referrer` would make the Origin of our own forms `null` (Fetch, 3.1)
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _FEATURES),
}
_TLS_ONLY = "max-age=31536000"


_REPORTS = re.compile(r"/api/v1/environments/[^/]+/reports")
_OF_REPORTS = 64 * 1024 * 1024
_OF_PROGRAMS = 1024 * 1024
_OF_FORMS = 256 * 1024


class TooLarge(HTTPException):
    """More than an address takes."""

    def __init__(self, most: int) -> None:
        super().__init__(413, f"the request's body has more than {most:,} bytes")


logger = logging.getLogger("batten.watch.access")
PASSWORD = "/settings/password"
_LOG_IN = "/login"
_NOT_OURS = "the request does not come from a page of this session: reload the page and try again"
_ALWAYS = (PASSWORD, "/logout", "/theme")  # for those, too, who have to change their password first
# No page has them, no database keeps the first, and routers read the end of a path before a line's end where rules read it behind.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_PROBED = ("/healthz", "/readyz", "/metrics")


def guarded(app: ASGIApp, watch: Watch, styles: tuple[str, ...] = ()) -> ASGIApp:
    """The application behind the door. `styles` are the addresses of the style sheets of its own pages."""

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["state"] = {
                **scope.get("state", {}),
                "caller": None,
                "known": None,
                "csrf": "",
                "styles": styles,
            }
            secure = cookies.is_secure(scope, watch.settings)
            await _http(app, watch, scope, receive, _with_headers(scope, send, secure))
        elif scope["type"] == "lifespan":
            await app(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    return door


async def _http(app: ASGIApp, watch: Watch, scope: Scope, receive: Receive, send: Send) -> None:
    started = False

    async def sending(message: Message) -> None:
        nonlocal started
        started = True
        await send(message)

    try:
        answer, receive = await _refused(watch, scope, _bounded(scope, receive))
        await (answer or app)(scope, receive, sending)
    except TooLarge as error:
        if started:
            raise
        await refusal(scope, error.status_code, error.detail)(scope, receive, send)


async def _refused(watch: Watch, scope: Scope, receive: Receive) -> tuple[Response | None, Receive]:
    """The answer to a request that may not go on; and what the rest of it is read from."""
    if not _served(watch, scope):
        return refusal(scope, 421, "this host name is not the service's: use the one of its --url"), receive
    if _CONTROL.search(scope["path"]) or b"%00" in scope["query_string"]:
        return refusal(scope, 400, "the address contains control characters: remove them"), receive
    rule = rule_of(scope["method"], scope["path"])
    if rule.door is Door.OPEN:
        return None, receive
    try:
        known = await _known(watch, scope, rule)
    except SQLAlchemyError as error:
        logger.warning("callers cannot be looked up: %s", masking.failure(error))
        return refusal(
            scope, 503, "the database does not answer: try again later", {"Retry-After": "10"}
        ), receive
    if known is not None:
        scope["state"] |= {"caller": known.caller, "known": known, "csrf": known.csrf}
    if (forged := await _forged(watch, scope, receive, known)) is None:
        return refusal(scope, 403, _NOT_OURS), receive
    if known is None:
        may: Response | None = None if rule.door is Door.LOG_IN else log_in_first(scope)
    elif known.must_change and scope["path"] not in _ALWAYS:
        detail = "your password must be changed first"
        may = refusal(scope, 403, detail) if for_programs(scope) else RedirectResponse(PASSWORD, 303)
    elif not allows(rule, known.caller):
        if rule.door is Door.OWN:
            lacking = "a browser's session; a token cannot do it"
        elif known.caller.scopes is not None and rule.scope.value not in known.caller.scopes:
            lacking = f"a token with the scope `{rule.scope.value}`"
        else:
            over = " over everything" if rule.everywhere else ""
            lacking = f"the role {rule.scope.role.label}{over}: ask an administrator of batten watch for it"
        may = refusal(scope, 403, f"this requires {lacking}")
    else:
        may = None
    return may, forged


def _served(watch: Watch, scope: Scope) -> bool:
    """Whether the request's host is. A page that rebinds its name has no token and signs no webhook, so those are served
    under any name, such as one that only a cluster knows."""
    path, address = scope["path"], (scope.get("server") or ("", 0))[0]
    proved = (
        path in _PROBED or path.startswith("/hooks/") or (path.startswith("/api/") and _with_token(scope))
    )
    return proved or served(cookies.header(scope, b"host"), address, watch.settings.url)


def _with_token(scope: Scope) -> bool:
    return any(name == b"authorization" for name, _ in scope["headers"])


async def _known(watch: Watch, scope: Scope, rule: Rule) -> Known | None:
    """By its token alone, where a request brings one; else by the cookie."""
    scheme, _, token = cookies.header(scope, b"authorization").partition(" ")
    if _with_token(scope) and rule.door is not Door.LOG_IN:
        bearer = token.strip() if scheme.lower() == "bearer" else ""
        return await run_in_threadpool(by_token, watch.database, bearer, now())
    session = cookies.sent(scope, cookies.SESSION, cookies.is_secure(scope, watch.settings))
    return await run_in_threadpool(by_session, watch.database, session, now()) if session else None


async def _forged(watch: Watch, scope: Scope, receive: Receive, known: Known | None) -> Receive | None:
    """What the body is read from; None for a request that writes and that another site made the browser send."""
    if scope["method"] in READS or (known is not None and known.caller.token):
        return receive
    here = forgery.from_here(scope, watch.settings.url, cookies.is_secure(scope, watch.settings))
    if known is None or scope["path"] == _LOG_IN:  # there is no token yet
        return receive if here or scope["path"] != _LOG_IN else None
    ours, receive = await forgery.brings(scope, receive, known.csrf)
    return receive if ours and here is not False else None


def _most(path: str) -> int:
    """The bytes that an address takes."""
    if _REPORTS.fullmatch(path):
        return _OF_REPORTS
    return _OF_PROGRAMS if path.startswith(("/api/", "/hooks/")) else _OF_FORMS


def _bounded(scope: Scope, receive: Receive) -> Receive:
    """`receive`, which raises TooLarge when more comes than the address takes; at once, where the request says so itself."""
    limit = _most(scope["path"])
    said = header(scope, b"content-length")
    if said.isascii() and said.isdigit() and (len(said) > 15 or int(said) > limit):
        raise TooLarge(limit)
    come = 0

    async def receiving() -> Message:
        nonlocal come
        message = await receive()
        come += len(message.get("body", b""))
        if come > limit:
            raise TooLarge(limit)
        return message

    return receiving


def _with_headers(scope: Scope, send: Send, secure: bool) -> Send:
    """`send`, which adds to an answer what it lacks, and takes away what names the software."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message.get("headers", ())))
            del headers["server"]
            for name, value in _wanted(scope["path"], headers.get("content-type", ""), secure):
                headers.setdefault(name, value)
            message = {**message, "headers": headers.raw}
        await send(message)

    return sending


def _wanted(path: str, kind: str, secure: bool) -> Iterator[tuple[str, str]]:
    yield from _OF_ALL.items()
    yield "Content-Security-Policy", _PAGES if kind.startswith("text/html") else _DATA
    yield "Cache-Control", "no-store"
    if secure:
        yield "Strict-Transport-Security", _TLS_ONLY

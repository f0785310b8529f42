"""What Traefik's `headers` middleware puts into answers.

Source: https://doc.traefik.io/traefik/reference/routing-configuration/http/middlewares/headers/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Banner, Cookie, Limits, ResponseHeaders, SentHeader
from batten.model import ABSENT, UNKNOWN, Kind, Location, Setting
from batten.technologies.edges.traefik.configuration import Configuration, Router
from batten.technologies.edges.traefik.routing import host_names
from batten.technologies.edges.traefik.values import Value
from batten.technologies.shared.edges.headers import PRODUCTS, HeaderChange, cookie_of, fold, unknown_headers

_WORDS = {
    "referrerPolicy": "Referrer-Policy",
    "contentSecurityPolicy": "Content-Security-Policy",
    "permissionsPolicy": "Permissions-Policy",
    "featurePolicy": "Feature-Policy",
    "publicKey": "Public-Key-Pins",
}
_REFUSING = (
    "basicauth",
    "digestauth",
    "forwardauth",
    "ipallowlist",
    "ipwhitelist",
    "ratelimit",
    "inflightreq",
    "buffering",
)
_LOGINS = ("basicauth", "digestauth")


def changes(headers: Value) -> Iterator[HeaderChange]:
    """The changes that one middleware makes, in Traefik's order: what is custom comes last."""
    for key, name in _WORDS.items():
        value = headers[key]
        if value.exists and value.text:
            yield HeaderChange("set", name, value.says(value.here))
    custom = headers["customFrameOptionsValue"]
    if custom.exists and custom.text:
        yield HeaderChange("set", "X-Frame-Options", custom.says(custom.here))
    elif headers["frameDeny"].exists:
        yield from _switch(headers["frameDeny"], "X-Frame-Options", "DENY")
    yield from _switch(headers["contentTypeNosniff"], "X-Content-Type-Options", "nosniff")
    own = headers["customBrowserXSSValue"]
    if own.exists and own.text:
        yield HeaderChange("set", "X-XSS-Protection", own.says(own.here))
    else:
        yield from _switch(headers["browserXssFilter"], "X-XSS-Protection", "1; mode=block")
    yield from _transport(headers)
    for value in headers["customResponseHeaders"].entries():
        action = "set" if value.text else "remove"
        yield HeaderChange(action, value.name, Setting(value.word if value.known else UNKNOWN, value.here))


def _switch(value: Value, name: str, sent: str) -> Iterator[HeaderChange]:
    on = value.flag(value.here)
    if on.value is UNKNOWN:
        yield HeaderChange("set", name, Setting(UNKNOWN, value.here))
    elif on.known(False):
        yield HeaderChange("set", name, Setting(sent, value.here))


def _transport(headers: Value) -> Iterator[HeaderChange]:
    seconds = headers["stsSeconds"]
    off = headers["isDevelopment"].flag(headers.block)
    if not seconds.exists or seconds.word == "0" or off.known(False):
        return  # in development Traefik sends no HSTS
    below = headers["stsIncludeSubdomains"].on and headers["stsIncludeSubdomains"].exists
    tail = "; includeSubDomains" if below else ""
    known = seconds.word.isdigit() and off.value is not UNKNOWN
    yield HeaderChange(
        "set",
        "Strict-Transport-Security",
        Setting(f"max-age={seconds.word}{tail}" if known else UNKNOWN, seconds.here),
    )


def written(headers: Value) -> dict[str, SentHeader]:
    """What one middleware sends by itself, by lower-case name."""
    return fold(changes(headers))


def alone(headers: Value, at: Location) -> ResponseHeaders | None:
    """The answers of a middleware of which it is not known what else sends headers; None if it sends none."""
    sent = written(headers)
    return ResponseHeaders(at, over_tls=True, sent={**unknown_headers(at), **sent}) if sent else None


def answers(whole: Configuration) -> Iterator[ResponseHeaders | Limits]:
    """One for each way in which answers are made, and for middlewares that others may use."""
    done: set[object] = set()
    covered: set[Location] = set()
    for router in whole.routers():
        if router.internal or router.redirects or not router.known or _redirected(whole, router):
            continue
        chain = [m for m in (*router.around, *router.chain) if m is not None]
        covered |= {m["headers"].block for m in chain if m["headers"].exists}
        answer = _answer(router, chain, whole)
        key = (answer.at, answer.over_tls, tuple(sorted((n, repr(h)) for n, h in answer.sent.items())))
        if key not in done and router.tls is not UNKNOWN:
            yield answer
        done.add(key)
    for _, middleware in whole.of("middlewares"):
        headers = middleware["headers"]
        single = alone(headers, headers.block) if headers.exists and headers.block not in covered else None
        if single is not None:
            yield single


def _redirected(whole: Configuration, router: Router) -> bool:
    """Whether nobody gets an answer there, as its entry points send all on to https."""
    points = whole.entry_points()
    on = [points[n] for n in router.points or () if n in points]
    return bool(on) and all(p.redirects is not False for p in on)


def _answer(router: Router, chain: list[Value], whole: Configuration) -> ResponseHeaders:
    """The outermost middleware changes answers last, and those that refuse do not ask those behind them."""
    made: list[HeaderChange] = []
    last: Value | None = None
    for number in reversed(range(len(chain))):
        headers = chain[number]["headers"]
        if not headers.exists:
            continue
        last = last or headers
        refused = any(k in m.table for m in chain[:number] for k in _REFUSING)
        made += (
            HeaderChange(c.action, c.name, c.value, on_errors=not refused, conditional=c.conditional)
            for c in changes(headers)
        )
    at = router.at if last is None else _place(last, router, whole)
    login = any(k in m.table for m in chain for k in _LOGINS)
    # The only hosts that get what these options send.
    users = [r for r in whole.routers() if any(m is not None and m["headers"] is last for m in r.chain)]
    found = [host_names(r.rule) for r in users] or [host_names(router.rule)]
    return ResponseHeaders(
        at,
        over_tls=router.tls is True,
        sent=fold(made),
        authenticated=login,
        names=tuple(dict.fromkeys(n for names in found for n in names)) if all(found) else (),
    )


def _place(headers: Value, router: Router, whole: Configuration) -> Location:
    """The options that lack something, by the name of the router where it alone has them: what is missing
    keeps its name when the router gets a middleware."""
    users = [r for r in whole.routers() if any(m is not None and m["headers"] is headers for m in r.chain)]
    pointer = router.value.pointer if len(users) == 1 else headers.pointer
    return Location(headers.source, pointer, headers.whole, kind=Kind.BLOCK)


def banners(whole: Configuration) -> Iterator[Banner]:
    """Traefik sends no banner of its own; a custom header may."""
    for _, middleware in whole.of("middlewares"):
        for value in middleware["headers"]["customResponseHeaders"].entries():
            if value.name.lower() in PRODUCTS and re.search(r"\d", value.word):
                yield Banner(
                    value.here,
                    product=value.name,
                    header=value.name,
                    shows_version=Setting(True, value.here),
                    shown=value.word,
                )


def cookies(whole: Configuration) -> Iterator[Cookie]:
    """Cookies that keep clients with their server, and those that a custom header sets."""
    for _, service in whole.of("services"):
        for kind in ("loadBalancer", "weighted"):
            sticky = service.of(kind, "sticky", "cookie")
            if sticky.on:
                # It names a server, and is no credential.
                site = sticky["sameSite"]
                yield Cookie(
                    sticky.block,
                    name=sticky["name"].word or f"of the service {service.name}",
                    secure=sticky["secure"].flag(sticky.block, False),
                    http_only=sticky["httpOnly"].flag(sticky.block, False),
                    same_site=Setting(site.word or UNKNOWN, site.here)
                    if site.exists
                    else Setting(ABSENT, sticky.block),
                    sensitive=False,
                )
    for _, middleware in whole.of("middlewares"):
        value = middleware.of("headers", "customResponseHeaders", "Set-Cookie")
        if value.word:
            yield cookie_of(value.word, value.here)

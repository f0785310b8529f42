"""Where requests come in, and what routers do with them.

Source: https://doc.traefik.io/traefik/reference/install-configuration/entrypoints/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import AccessRule, Feature, Limits, Listener
from batten.model import ABSENT, UNKNOWN, Setting, Switch, Unknown
from batten.model.networks import everybody
from batten.technologies.edges.traefik.configuration import INTERNAL, Configuration, Router
from batten.technologies.edges.traefik.values import Value
from batten.technologies.shared.edges.paths import console_at
from batten.technologies.shared.transport.upstreams import is_loopback

_HOSTS = re.compile(r"\b(?:Host|HostHeader|HostSNI)\(|\bHeaders?(?:Regexp)?\(`Host`", re.IGNORECASE)
_NAMED = re.compile(r"\bHost(?:Header)?\(([^)]*)\)")
_QUOTED = re.compile(r"`([^`]+)`")
_ANY_HOST = re.compile(r"HostRegexp\(`(?:\^?\.[+*]\$?|\{\w+:\.[+*]\}|\^?\(\.[+*]\)\$?)`\)")
PATH = re.compile(r"\b(Path|PathPrefix)\(`([^`{]+)`\)")
_LOCAL = re.compile(r"Host\(`(?:[\w.-]+\.)?localhost`")
_CONSOLES = {
    "api@internal": (Switch.CONSOLE, "Traefik's API, dashboard included,"),
    "dashboard@internal": (Switch.CONSOLE, "Traefik's dashboard"),
    "rest@internal": (Switch.CONSOLE, "Traefik's REST provider, which accepts new configuration,"),
    "prometheus@internal": (Switch.METRICS, "Traefik's metrics endpoint"),
}


def listeners(whole: Configuration) -> Iterator[Listener]:
    """A plain entry point serves content where a router without TLS is on it, or where there is no TLS at all."""
    points = whole.entry_points()
    routers = list(whole.routers())
    # Whether TLS is meant to be spoken anywhere, as far as can be seen here.
    static = whole.static
    ends = any(p.tls or p.port in (443, 8443) for p in points.values())
    elsewhere = static is not None and static["certificatesResolvers"].exists
    unread = any(p.port is UNKNOWN for p in points.values())
    encrypted = ends or elsewhere or unread or any(r.tls is not False for r in routers)
    for name, point in points.items():
        at = point.value.block
        on = [r for r in routers if r.points is not None and name in r.points]
        if point.tls:
            tls: bool | Unknown = True
        else:
            silent = not on and not encrypted and name != INTERNAL
            tls = False if silent or any(r.plain_on(point) for r in on) else UNKNOWN
        yield Listener(
            at,
            address=Setting(point.host, point.value["address"].here),
            port=Setting(point.port, point.value["address"].here),
            tls=Setting(tls, at),
            redirects_to_tls=Setting(point.redirects, at),
            http=name != INTERNAL,  # what is on it is another control's
        )


def host_names(rule: Value) -> tuple[str, ...]:
    """The only hosts whose requests match a rule; () where any other may."""
    if not rule.known or "!" in rule.word:
        return ()
    found = [
        [n for call in _NAMED.findall(part) for n in _QUOTED.findall(call)] for part in rule.word.split("||")
    ]
    return tuple(dict.fromkeys(n.lower() for names in found for n in names)) if all(found) else ()


def hosts(whole: Configuration) -> Iterator[Feature]:
    """Routers that answer whatever name they are called by."""
    for router in whole.routers():
        rule = router.rule
        if not rule.exists or not rule.known or router.internal or router.redirects:
            continue
        anything = not _HOSTS.search(rule.word) and (
            "HostRegexp(" not in rule.word or _ANY_HOST.search(rule.word)
        )
        if anything and not _local(whole, router) and not router.checks_hosts:
            what = f"the rule of the router `{router.value.name}` names no host"
            yield Feature(rule.here, Switch.HOST_CHECK, Setting(False, rule.here), what)


def _local(whole: Configuration, router: Router) -> bool:
    """Whether only this machine can ask for it."""
    points = whole.entry_points()
    on = [points[n] for n in router.points or () if n in points]
    return bool(on) and all(isinstance(p.host, str) and is_loopback(p.host) for p in on)


def consoles(whole: Configuration) -> Iterator[Feature]:
    for router in whole.routers():
        known = _CONSOLES.get(router.service)
        path = PATH.findall(router.rule.word)
        if known is None and len(path) == 1 and not router.internal and not router.redirects:
            known = console_at(path[0][1])
        if known is None or router.guarded() or _local(whole, router) or _LOCAL.search(router.rule.word):
            continue
        # Whether TLS options of their own ask clients for certificates, or may.
        if not router.value["tls"]["options"].exists and router.points != (INTERNAL,):
            at = router.value["service"].here if router.internal else router.rule.here
            yield Feature(at, known[0], Setting(True, at), known[1])


def logins(whole: Configuration) -> Iterator[Feature]:
    """Basic authentication over plain HTTP; digest authentication rests on MD5."""
    points = whole.entry_points()
    told: set[str] = set()
    for router in whole.routers():
        on = [points[n] for n in router.points or () if n in points]
        plain = any(router.plain_on(p) for p in on) and not _local(whole, router)
        for middleware in (*router.around, *router.chain) if plain else ():
            asking = middleware["basicAuth"] if middleware is not None else None
            if asking is not None and asking.exists and asking.pointer not in told:
                told.add(asking.pointer)
                what = f"`basicAuth` of the router {router.value.name}"
                yield Feature(asking.block, Switch.PLAIN_LOGIN, Setting(True, asking.block), what)


def rules(whole: Configuration) -> Iterator[AccessRule]:
    """Lists of addresses that contain every address, or that trust what a client claims about itself."""
    believed = [
        p
        for p in whole.entry_points().values()
        if p.value.of("forwardedHeaders", "insecure").flag(p.value.block).known(False)
    ]
    for _, middleware in whole.of("middlewares"):
        yield from open_lists(middleware)
        for name in ("ipAllowList", "ipWhiteList", "inFlightReq", "rateLimit"):
            found = middleware[name]
            strategy = (
                found["ipStrategy"] if name.startswith("ip") else found.of("sourceCriterion", "ipStrategy")
            )
            if strategy.table and believed:
                yield AccessRule(
                    strategy.block,
                    f"`{name}`",
                    "`forwardedHeaders.insecure` allows clients to set X-Forwarded-For",
                )


def open_lists(middleware: Value) -> Iterator[AccessRule]:
    for name in ("ipAllowList", "ipWhiteList"):
        for text, at in middleware[name]["sourceRange"].listed():
            if everybody([text]):
                yield AccessRule(at, f"`{name}`", f"{text} is every address")


def shadows(whole: Configuration) -> Iterator[AccessRule]:
    """Two routers of one rule on one entry point: the one without authentication may handle what the other protects."""
    groups: dict[object, list[Router]] = {}
    for router in whole.routers():
        if router.rule.word and router.points is not None and not router.redirects:
            key = (re.sub(r"\s+", "", router.rule.word), router.points, router.tls)
            groups.setdefault(key, []).append(router)
    for same in groups.values():
        asking = [r for r in same if r.known and r.guarded()]
        open_ = [r for r in same if r.known and not r.guarded()]
        for router in asking:
            if open_ and _priority(open_[0]) >= _priority(router):
                other = open_[0].value.name
                yield AccessRule(
                    router.at,
                    f"the router {router.value.name}",
                    f"the router {other} has the same rule without authentication",
                )


def _priority(router: Router) -> int:
    text = router.value["priority"].word
    return int(text) if text.isdigit() and len(text) < 19 and int(text) else len(router.rule.word)


def bounds(whole: Configuration) -> Iterator[Limits]:
    """Routers whose requests nothing counts; bodies only where `buffering` says something about them."""
    for router in whole.routers():
        if router.internal or router.redirects or not router.known:
            continue
        chain = [m for m in (*router.around, *router.chain) if m is not None]
        counted = any(k in m.table for m in chain for k in ("ratelimit", "inflightreq", "plugin"))
        if not counted:
            yield Limits(router.at, rate=Setting(ABSENT, router.at))
    for _, middleware in whole.of("middlewares"):
        buffering = middleware["buffering"]
        size = buffering["maxRequestBodyBytes"]
        if buffering.exists and size.word.isdigit() and len(size.word) < 19:
            yield Limits(buffering.block, body=Setting(int(size.word), size.here))

"""Which edit makes which remedy true."""

from __future__ import annotations

import re
from collections.abc import Iterable

from batten.formats.document import Uneditable
from batten.model import (
    AllowHeaders,
    AllowMethods,
    AllowOrigins,
    Edit,
    Fix,
    Kind,
    Limit,
    Location,
    MinimumTls,
    RedirectToTls,
    Remedy,
    RemoveHeader,
    Safety,
    SetHeader,
    TurnOff,
    TurnOn,
    UseSuites,
)
from batten.technologies._edge_headers import breaks_of, flagged
from batten.technologies._edge_tls import OLD_SUITES, OLD_VERSIONS, PLAIN_CLIENTS, iana_suite
from batten.technologies._edges import ask_certificate, ask_hosts, ask_origins
from batten.technologies.traefik.configuration import Configuration, Router
from batten.technologies.traefik.edits import drop, put, put_all, replace_list
from batten.technologies.traefik.values import Value

_UNVERIFIABLE = "servers whose certificate is signed by another authority, or is for another name"
_ONE = r"Method\((?:`\w+`[,\s]*)+\)"
_VERBS = re.compile(rf"\({_ONE}(?:\s*\|\|\s*{_ONE})*\)|{_ONE}(?:\s*\|\|\s*{_ONE})*")
# header -> the option that sends it
OPTIONS = {
    "x-content-type-options": "contentTypeNosniff",
    "referrer-policy": "referrerPolicy",
    "content-security-policy": "contentSecurityPolicy",
    "permissions-policy": "permissionsPolicy",
}


def fix_of(whole: Configuration, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make the remedy true there; None where batten knows none."""
    value = find(whole, at)
    if value is None:
        return None
    try:
        return _fix(whole, value, remedy, at)
    except Uneditable:
        return None


def find(whole: Configuration, at: Location) -> Value | None:
    """The value that a location is of."""
    roots = [d for _, d in whole.dynamics] + ([whole.static] if whole.static is not None else [])
    named = [v for root in roots for v in root.walk() if v.pointer == at.pointer]
    return next((v for v in named if v.source == at.source), named[0] if named else None)


def _made(title: str, edits: Iterable[Edit], breaks: str = "") -> Fix | None:
    made = tuple(edits)
    return Fix(title, made, Safety.RISKY if breaks else Safety.SAFE, breaks) if made else None


def _fix(whole: Configuration, value: Value, remedy: Remedy, at: Location) -> Fix | None:
    space = whole.workspace
    match remedy:
        case SetHeader(name, text):
            return _header(whole, value, name, text, at)
        case RemoveHeader(name):
            return _made(f"stop sending {name}", drop(space, value))
        case AllowOrigins(origins):
            return _origins(whole, value, origins)
        case AllowMethods(methods) if value.name.lower() == "accesscontrolallowmethods":
            edits = replace_list(space, value, list(methods))
            return _made(f"allow {', '.join(methods)} only", edits, "clients that use other methods")
        case AllowMethods(methods) if value.name.lower() == "rule":
            rule = _methods(value.word, methods)
            edits = put(space, value, rule) if rule else []
            return _made(f"let {', '.join(methods)} pass only", edits, "clients that use other methods")
        case AllowHeaders(names):
            edits = replace_list(space, value, list(names))
            return _made(f"allow {', '.join(names)} only", edits, "pages that send other request headers")
        case MinimumTls():
            return _made("offer TLS 1.2 and newer only", _versions(whole, value), OLD_VERSIONS)
        case UseSuites(suites):
            offered = [name for s in suites if (name := iana_suite(s))]
            return _made(
                "offer forward-secret AEAD suites only", replace_list(space, value, offered), OLD_SUITES
            )
        case RedirectToTls():
            return _redirect(whole, value)
        case Limit(resource, amount):
            return _limit(whole, value, resource, amount)
        case TurnOff(feature):
            return _off(whole, value, feature)
        case TurnOn(feature):
            return _on(whole, value, feature, at)
        case _:
            return None


def _methods(rule: str, methods: tuple[str, ...]) -> str:
    """The rule with other verbs in its one group of them; "" where there are several."""
    found = list(_VERBS.finditer(rule))
    if len(found) != 1:
        return ""
    listed = " || ".join(f"Method(`{m}`)" for m in methods)
    new = f"({listed})" if len(methods) > 1 else listed
    return rule[: found[0].start()] + new + rule[found[0].end() :]


def _versions(whole: Configuration, value: Value) -> list[Edit]:
    return put(whole.workspace, value, "VersionTLS12") if value.name.lower() == "minversion" else []


def _header(whole: Configuration, value: Value, name: str, text: str, at: Location) -> Fix | None:
    title, breaks = f"send {name}", breaks_of(name, text)
    if name.lower() == "vary":
        return _made(title, put(whole.workspace, value["addVaryHeader"], True))
    if at.kind is Kind.VALUE:
        return _stronger(whole, value, name, text, title, breaks)
    if value.name.lower() == "headers":
        return _made(title, _options(whole, value, name, text), breaks)
    router = next((r for r in whole.routers() if r.value is value), None)
    if router is None:
        return None
    own = next((m["headers"] for m in router.chain if m is not None and m["headers"].exists), None)
    if own is not None:
        return _made(title, _options(whole, own, name, text), breaks)
    headers, attach = _attached(whole, router, "headers")
    return _made(title, [*attach, *_options(whole, headers, name, text)], breaks)


def _stronger(
    whole: Configuration, value: Value, name: str, text: str, title: str, breaks: str
) -> Fix | None:
    """Another value of an option that is there; a header that refusals lack is a matter of order."""
    if name.lower() == "strict-transport-security" and value.name.lower() == "stsseconds":
        seconds = int(text.partition("max-age=")[2].partition(";")[0] or 0)
        if value.word == str(seconds):
            return _first(whole, value, title)
        return _made(title, put(whole.workspace, value, seconds))
    if value.word == text or value.word.lower() == "true":
        return _first(whole, value, title)
    if not value.known:
        return None
    return _made(title, put(whole.workspace, value, text), breaks)


def _first(whole: Configuration, value: Value, title: str) -> Fix | None:
    """The middleware before those that refuse, so that their answers have the headers too."""
    edits: list[Edit] = []
    holder = next((m for _, m in whole.of("middlewares") if any(v is value for v in m.walk())), None)
    for router in whole.routers():
        names = router.value["middlewares"].words()
        own = [n for n in names if whole.middleware(n, router.provider) is holder]
        if holder is not None and own and names[0] != own[0]:
            kept = [n for n in names if n != own[0]]
            edits += replace_list(whole.workspace, router.value["middlewares"], [own[0], *kept])
    rewrites = holder is not None and holder.at("headers", "customRequestHeaders").exists
    return _made(title, edits, "logins that rely on headers which are set behind them" if rewrites else "")


def _options(whole: Configuration, headers: Value, name: str, text: str) -> list[Edit]:
    """The options of one `headers` middleware that send a header."""
    space, lower = whole.workspace, name.lower()
    if lower == "strict-transport-security":
        seconds = int(text.partition("max-age=")[2].partition(";")[0])
        below = "includeSubDomains" in text and not headers["stsIncludeSubdomains"].exists
        new: dict[str, int | bool] = {"stsSeconds": seconds}
        return put_all(space, headers, new | ({"stsIncludeSubdomains": True} if below else {}))
    if lower == "x-frame-options" and text == "DENY":
        return put(space, headers["frameDeny"], True)
    if lower == "x-content-type-options":
        return put(space, headers["contentTypeNosniff"], True)
    if lower in OPTIONS:
        return put(space, headers[OPTIONS[lower]], text)
    return put(space, headers["customResponseHeaders"][name], text)


def _attached(whole: Configuration, router: Router, kind: str) -> tuple[Value, list[Edit]]:
    """A middleware of its own for a router, and the edit that attaches it: headers before what refuses,
    so that refusals have them too."""
    value = router.value
    root = next(d for _, d in whole.dynamics if any(v is value for v in d.at("http", "routers").entries()))
    name = f"{value.name.partition('@')[0]}-{kind.lower()}"
    home = root.at("http", "middlewares", name, kind)
    if value.form == "labels":  # beside the router's own
        home.place = value.place
        home.source = value.source
    used = value["middlewares"]
    names = [name, *used.words()] if kind == "headers" else [*used.words(), name]
    edits = replace_list(whole.workspace, used, names) if used.exists else put(whole.workspace, used, names)
    return home, edits


def _origins(whole: Configuration, value: Value, origins: tuple[str, ...]) -> Fix | None:
    title = "allow the listed origins only"
    if not origins:
        return ask_origins(title)
    headers = _holder(whole, value)
    if headers is None:
        return None
    plain, patterns = headers["accessControlAllowOriginList"], headers["accessControlAllowOriginListRegex"]
    edits: list[Edit] = []
    if patterns.exists:
        edits += drop(whole.workspace, patterns)
    edits += (
        replace_list(whole.workspace, plain, list(origins))
        if plain.exists
        else put(whole.workspace, plain, list(origins))
    )
    return _made(title, edits, "pages on origins that are not listed in batten.yaml")


def _holder(whole: Configuration, value: Value) -> Value | None:
    """The `headers` that a value is somewhere below."""
    for _, middleware in whole.of("middlewares"):
        if any(v is value for v in middleware["headers"].walk()):
            return middleware["headers"]
    return None


def _redirect(whole: Configuration, value: Value) -> Fix | None:
    """To the entry point that speaks TLS, for all that comes in by the plain one."""
    points = whole.entry_points()
    routers = list(whole.routers())
    name = value.name.lower()
    if name not in points or whole.static is None:
        return None
    resolvers = [r.name for r in whole.static["certificatesResolvers"].entries()]
    if points[name].port == 443 and len(resolvers) == 1:
        target = value.at("http", "tls", "certResolver")
        breaks = "clients that speak plain HTTP on port 443"
        return _made("speak TLS on this entry point", put(whole.workspace, target, resolvers[0]), breaks)
    for other, point in points.items():
        spoken = point.tls or any(r.tls is True and other in (r.points or ()) for r in routers)
        if other != name and spoken:
            target = value.at("http", "redirections", "entryPoint", "to")
            breaks = f"{PLAIN_CLIENTS}, and routers that are on no entry point with TLS"
            return _made(
                "redirect plain HTTP to HTTPS", put(whole.workspace, target, point.value.name), breaks
            )
    return ask_certificate("serve this over TLS", " (an entry point with `http.tls`)")


def _limit(whole: Configuration, value: Value, resource: str, amount: str) -> Fix | None:
    space = whole.workspace
    if resource == "body-timeout":
        place = (
            value
            if value.name.lower() == "readtimeout"
            else value.at("transport", "respondingTimeouts", "readTimeout")
        )
        return _made(
            "bound the time for requests",
            put(space, place, "60s"),
            "clients that need more than a minute for a request",
        )
    if resource == "body":
        breaks = f"clients that send bodies of more than {amount}"
        return _made("bound the size of bodies", put(space, value, 1 << 20), breaks)
    router = next((r for r in whole.routers() if r.value is value), None)
    if resource != "rate" or router is None:
        return None
    count = int(amount.partition("r/")[0])
    limit, attach = _attached(whole, router, "rateLimit")
    edits = [*attach, *put_all(space, limit, {"average": count, "burst": count * 2})]
    return _made(
        "bound the rate of requests", edits, f"clients that make more than {count} requests a second"
    )


_OFF: dict[str, tuple[str, str]] = {
    "debug": ("turn Traefik's debugger off", "developers who rely on what it shows"),
    "console": ("ask everybody who opens it", "whoever opens it without a login today"),
    "invalid-headers": ("believe known proxies only", "proxies in front that are not listed in trustedIPs"),
    "exposed-by-default": (
        "publish containers that ask for it only",
        "containers without the label traefik.enable=true",
    ),
}


def _off(whole: Configuration, value: Value, feature: str) -> Fix | None:
    space = whole.workspace
    if feature == "banner":
        return _made(f"stop sending {value.name}", put(space, value, ""))
    if feature not in _OFF:
        return None
    title, breaks = _OFF[feature]
    if feature == "exposed-by-default":
        place = value if value.name.lower() == "exposedbydefault" else value["exposedByDefault"]
        return _made(title, put(space, place, False), breaks)
    if value.name.lower() == "service":
        question = "which middleware asks who opens it (basicAuth, forwardAuth, ipAllowList)?"
        return Fix(title, (), Safety.VALUE, question=question)
    if value.name.lower().startswith("allowencoded"):
        return _made("refuse such paths", put(space, value, False), "clients that send such paths")
    title = "turn it off" if feature == "console" else title
    return _made(title, put(space, value, False), breaks) if value.text is not None else None


def _on(whole: Configuration, value: Value, feature: str, at: Location) -> Fix | None:
    space = whole.workspace
    match feature:
        case "verify-tls":
            return _made("verify certificates", put(space, value, False), _UNVERIFIABLE)
        case "access-log":
            static = whole.static
            log = static["accessLog"] if static is not None else value
            return _made("log requests", put(space, log, {}))
        case "error-log":
            return _made("log errors", put(space, value, "ERROR"))
        case "cookie-flags":
            return _cookie(whole, value, at)
        case "host-check":
            return ask_hosts("answer for known names only (Host in the rule)")
        case "access-rule" if value.name.lower() == "clientauthtype":
            breaks = "clients without a certificate of this authority"
            return _made("demand the certificate", put(space, value, "RequireAndVerifyClientCert"), breaks)
        case "access-rule" if "sourcerange" in [str(k).lower() for k in value.path]:
            question = "which addresses may come in (sourceRange)?"
            return Fix("let known addresses in only", (), Safety.VALUE, question=question)
        case _:
            return None


def _cookie(whole: Configuration, value: Value, at: Location) -> Fix | None:
    space, title = whole.workspace, "set the cookie's flags"
    if value.name.lower() == "set-cookie":
        breaks = "scripts that read the cookie, sites that send it along, and clients over plain HTTP"
        return _made(title, put(space, value, flagged(value.word)), breaks)
    breaks = "clients over plain HTTP"
    if value.name.lower() == "secure":
        return _made(title, put(space, value, True), breaks)
    return _made(title, put_all(space, value, {"secure": True, "httpOnly": True}), breaks)

"""Which edit makes which remedy true."""

from __future__ import annotations

import re

from batten.formats.document import Uneditable
from batten.model import Fix, Location, Quantity, Remedy, Safety, Switch
from batten.model import remedy as want
from batten.technologies.edges.traefik.configuration import Configuration
from batten.technologies.edges.traefik.edits import drop, put, put_all, replace_list
from batten.technologies.edges.traefik.headers.writing import allow_origins, attached, made, set_header
from batten.technologies.edges.traefik.values import Value
from batten.technologies.shared.edges.headers import flagged
from batten.technologies.shared.transport.questions import ask_certificate, ask_hosts
from batten.technologies.shared.transport.tls import OLD_SUITES, OLD_VERSIONS, PLAIN_CLIENTS, iana_suite

_UNVERIFIABLE = "servers whose certificate is signed by another CA, or has another name"
_ONE = r"Method\((?:`\w+`[,\s]*)+\)"
_VERBS = re.compile(rf"\({_ONE}(?:\s*\|\|\s*{_ONE})*\)|{_ONE}(?:\s*\|\|\s*{_ONE})*")


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


def _fix(whole: Configuration, value: Value, remedy: Remedy, at: Location) -> Fix | None:
    space = whole.workspace
    match remedy:
        case want.SetHeader(name, text):
            return set_header(whole, value, name, text, at)
        case want.RemoveHeader(name):
            return made(f"stop sending {name}", drop(space, value))
        case want.AllowOrigins(origins):
            return allow_origins(whole, value, origins)
        case want.AllowMethods(methods) if value.name.lower() == "accesscontrolallowmethods":
            edits = replace_list(space, value, list(methods))
            return made(f"allow {', '.join(methods)} only", edits, "clients that use other methods")
        case want.AllowMethods(methods) if value.name.lower() == "rule":
            rule = _methods(value.word, methods)
            edits = put(space, value, rule) if rule else []
            return made(f"allow {', '.join(methods)} only", edits, "clients that use other methods")
        case want.AllowHeaders(names):
            edits = replace_list(space, value, list(names))
            return made(f"allow {', '.join(names)} only", edits, "pages that send other request headers")
        case want.MinimumTls():
            return made(
                "accept TLS 1.2 and newer only",
                put(whole.workspace, value, "VersionTLS12") if value.name.lower() == "minversion" else [],
                OLD_VERSIONS,
            )
        case want.UseSuites(suites):
            offered = [name for s in suites if (name := iana_suite(s))]
            return made(
                "accept forward-secret AEAD suites only", replace_list(space, value, offered), OLD_SUITES
            )
        case want.RedirectToTls():
            return _redirect(whole, value)
        case want.Limit(resource, amount):
            return _limit(whole, value, resource, amount)
        case want.TurnOff(feature):
            return _off(whole, value, feature)
        case want.TurnOn(feature):
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


def _redirect(whole: Configuration, value: Value) -> Fix | None:
    """To the entry point that speaks TLS, for all that comes in by the plain one."""
    points = whole.entry_points()
    routers = list(whole.routers())
    name = value.name.lower()
    if name not in points or whole.static is None:
        return None
    resolvers = [r.name for r in whole.static["certificatesResolvers"].entries()]
    if points[name].port == 443 and len(resolvers) == 1:
        target = value.of("http", "tls", "certResolver")
        breaks = "plain HTTP clients on port 443"
        return made("use TLS on this entry point", put(whole.workspace, target, resolvers[0]), breaks)
    for other, point in points.items():
        spoken = point.tls or any(r.tls is True and other in (r.points or ()) for r in routers)
        if other != name and spoken:
            target = value.of("http", "redirections", "entryPoint", "to")
            breaks = f"{PLAIN_CLIENTS}, and routers without an entry point with TLS"
            return made(
                "redirect plain HTTP to HTTPS", put(whole.workspace, target, point.value.name), breaks
            )
    return ask_certificate("serve this over TLS", " (an entry point with `http.tls`)")


def _limit(whole: Configuration, value: Value, resource: Quantity, amount: str) -> Fix | None:
    space = whole.workspace
    if resource is Quantity.BODY_TIMEOUT:
        place = (
            value
            if value.name.lower() == "readtimeout"
            else value.of("transport", "respondingTimeouts", "readTimeout")
        )
        return made(
            "limit the time for requests",
            put(space, place, "60s"),
            "clients that need more than a minute for a request",
        )
    if resource is Quantity.BODY:
        breaks = f"clients that send bodies of more than {amount}"
        return made("limit the size of bodies", put(space, value, 1 << 20), breaks)
    router = next((r for r in whole.routers() if r.value is value), None)
    if resource is not Quantity.RATE or router is None:
        return None
    count = int(amount.partition("r/")[0])
    limit, attach = attached(whole, router, "rateLimit")
    edits = [*attach, *put_all(space, limit, {"average": count, "burst": count * 2})]
    return made(
        "limit the rate of requests", edits, f"clients that send more than {count} requests per second"
    )


_OFF: dict[Switch, tuple[str, str]] = {
    Switch.DEBUG: ("turn Traefik's debugger off", "developers who rely on its output"),
    Switch.CONSOLE: ("require authentication for it", "clients that open it without a login"),
    Switch.INVALID_HEADERS: (
        "trust known proxies only",
        "proxies in front that are not listed in trustedIPs",
    ),
    Switch.EXPOSED_BY_DEFAULT: (
        "publish only containers with traefik.enable=true",
        "containers without the label traefik.enable=true",
    ),
}


def _off(whole: Configuration, value: Value, feature: Switch) -> Fix | None:
    space = whole.workspace
    if feature is Switch.BANNER:
        return made(f"stop sending {value.name}", put(space, value, ""))
    if feature not in _OFF:
        return None
    title, breaks = _OFF[feature]
    if feature is Switch.EXPOSED_BY_DEFAULT:
        place = value if value.name.lower() == "exposedbydefault" else value["exposedByDefault"]
        return made(title, put(space, place, False), breaks)
    if value.name.lower() == "service":
        question = "which middleware restricts it (basicAuth, forwardAuth, ipAllowList)?"
        return Fix(title, (), safety=Safety.VALUE, question=question)
    if "trustedips" in [str(key).lower() for key in value.path[-2:]]:
        return made(title, drop(space, value), breaks) if isinstance(value.path[-1], int) else None
    if value.name.lower() == "sanitizepath":
        return made(
            "clean paths before they are matched", put(space, value, True), "clients that send such paths"
        )
    if value.name.lower().startswith("allowencoded"):
        return made("refuse such paths", put(space, value, False), "clients that send such paths")
    title = "turn it off" if feature is Switch.CONSOLE else title
    return made(title, put(space, value, False), breaks) if value.text is not None else None


def _on(whole: Configuration, value: Value, feature: Switch, at: Location) -> Fix | None:
    space = whole.workspace
    match feature:
        case Switch.VERIFY_TLS:
            return made("verify certificates", put(space, value, False), _UNVERIFIABLE)
        case Switch.ACCESS_LOG:
            if value.name.lower() == "accesslogs":
                return made("log requests", put(space, value, True))
            if value.name.lower() == "statuscodes":
                return made("log every request", replace_list(space, value, ["100-599"]))
            static = whole.static
            log = static["accessLog"] if static is not None else value
            return made("log requests", put(space, log, {}))
        case Switch.ERROR_LOG:
            return made("log errors", put(space, value, "ERROR"))
        case Switch.COOKIE_FLAGS:
            space, title = whole.workspace, "set the cookie's flags"
            if value.name.lower() == "set-cookie":
                breaks = "scripts that read the cookie, cross-site requests with it, and plain HTTP clients"
                return made(title, put(space, value, flagged(value.word)), breaks)
            breaks = "plain HTTP clients"
            if value.name.lower() == "secure":
                return made(title, put(space, value, True), breaks)
            return made(title, put_all(space, value, {"secure": True, "httpOnly": True}), breaks)
        case Switch.HOST_CHECK:
            return ask_hosts("answer only for known host names (Host in the rule)")
        case Switch.ACCESS_RULE if value.name.lower() == "clientauthtype":
            breaks = "clients without a certificate of this CA"
            return made(
                "require the client certificate", put(space, value, "RequireAndVerifyClientCert"), breaks
            )
        case Switch.ACCESS_RULE if "sourcerange" in [str(k).lower() for k in value.path]:
            question = "which addresses are allowed (sourceRange)?"
            return Fix("allow only known addresses", (), safety=Safety.VALUE, question=question)
        case _:
            return None

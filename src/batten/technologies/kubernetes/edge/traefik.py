"""Traefik's own kinds: IngressRoute, Middleware, TLSOption, ServersTransport.

Source: https://doc.traefik.io/traefik/reference/routing-configuration/kubernetes/crd/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from batten.facts import (
    AccessRule,
    CorsPolicy,
    Fact,
    Feature,
    Listener,
    OriginRule,
    ResponseHeaders,
    Route,
    SentHeader,
    Upstream,
)
from batten.model import ABSENT, UNKNOWN, Setting, Unknown
from batten.technologies._edge_headers import unknown_headers
from batten.technologies._edge_origins import origin, pattern
from batten.technologies._edge_tls import between, openssl_suite, version_named
from batten.technologies.kubernetes.edge.cluster import Cluster, lacking
from batten.technologies.kubernetes.edge.consoles import console
from batten.technologies.kubernetes.edge.ingress import service_host
from batten.technologies.kubernetes.objects import Field, KubernetesObject

_GROUPS = ("traefik.io", "traefik.containo.us")
_GUARDS = ("basicAuth", "digestAuth", "forwardAuth", "ipAllowList", "ipWhiteList", "plugin", "chain")
_PATH = re.compile(r"Path(?:Prefix)?\(`([^`]+)`\)")
_WORDS = {
    # What a Middleware's `headers` write for browsers, by field.
    "referrerPolicy": "referrer-policy",
    "contentSecurityPolicy": "content-security-policy",
    "permissionsPolicy": "permissions-policy",
    "customFrameOptionsValue": "x-frame-options",
}


def traefik_facts(found: KubernetesObject, cluster: Cluster) -> Iterator[Fact]:
    reader = _READERS.get(found.kind)
    if reader is not None and found.group in _GROUPS:
        yield from reader(found, cluster)


def _route(found: KubernetesObject, cluster: Cluster) -> Iterator[Fact]:
    spec = found.spec
    yield from _listener(found, cluster)
    for route in spec["routes"].items():
        guards = _middlewares(route, found, cluster)
        for service in route["services"].items():
            name = service["name"]
            at = name.here
            if not name.exists or not name.known:
                continue
            path = _PATH.search(route["match"].text)
            yield Route(
                lacking(route),
                found.pointer,
                path[1] if path else "/",
                "prefix",
                Setting(ABSENT, at),
                name.text,
            )
            console_found = console(name.text)
            if console_found and not any(m is None or _guards(m) for m in guards):
                yield Feature(at, console_found[0], Setting(True, at), console_found[1])
            if service["kind"].text != "TraefikService":
                yield _upstream(service, found, cluster)


def _upstream(service: Field, found: KubernetesObject, cluster: Cluster) -> Upstream:
    name = service["name"]
    host = service_host(name.text, service["namespace"].text or found.namespace, cluster)
    scheme = service["scheme"]
    secure: bool | Unknown = scheme.text == "https" if scheme.exists and scheme.known else UNKNOWN
    return Upstream(name.here, Setting(host, name.here), host, 0, Setting(secure, name.here))


def _listener(found: KubernetesObject, cluster: Cluster) -> Iterator[Listener]:
    """An entry point named web without TLS is port 80; what other entry points do is not said here."""
    spec = found.spec
    at = lacking(spec)
    points = spec["entryPoints"].words()
    if spec["tls"].node is not None:
        yield Listener(at, Setting("0.0.0.0", at), Setting(443, at), Setting(True, at))
    elif points == ("web",):
        routes = list(spec["routes"].items())
        kept = [_middlewares(route, found, cluster) for route in routes]
        redirects: bool | Unknown = all(_redirects(k) for k in kept) if routes else UNKNOWN
        if any(m is None for k in kept for m in k):
            redirects = UNKNOWN
        yield Listener(
            at,
            Setting("0.0.0.0", at),
            Setting(80, at),
            Setting(False, at),
            redirects_to_tls=Setting(redirects, at),
        )


def _middlewares(route: Field, found: KubernetesObject, cluster: Cluster) -> list[KubernetesObject | None]:
    """The Middlewares of a route; None for one that is not here."""
    named = [(m["name"].text, m["namespace"].text or found.namespace) for m in route["middlewares"].items()]
    return [cluster.find("Middleware", name, namespace) for name, namespace in named]


def _redirects(middlewares: list[KubernetesObject | None]) -> bool:
    return any(m is not None and m.spec["redirectScheme"]["scheme"].text == "https" for m in middlewares)


def _guards(middleware: KubernetesObject) -> bool:
    return any(middleware.spec[name].exists for name in _GUARDS)


def _middleware(found: KubernetesObject, cluster: Cluster) -> Iterator[Fact]:
    headers = found.spec["headers"]
    if headers.exists and headers.known:
        yield from _cors(headers)
        yield from _headers(headers)
    for name in ("ipAllowList", "ipWhiteList"):
        for number, item in enumerate(found.spec[name]["sourceRange"].items()):
            if item.text in ("0.0.0.0/0", "::/0"):
                whole = found.spec[name]["sourceRange"][number].here
                yield AccessRule(whole, f"`{name}`", f"{item.text} is every address")


def _cors(headers: Field) -> Iterator[CorsPolicy]:
    at = lacking(headers)
    plain, patterns = headers["accessControlAllowOriginList"], headers["accessControlAllowOriginListRegex"]
    if not plain.exists and not patterns.exists:
        return
    rules: list[OriginRule] = [origin(o.text, o.here) for o in plain.items() if o.known]
    rules += [pattern(o.text, o.here) for o in patterns.items() if o.known]
    unknown = any(not o.known for f in (plain, patterns) for o in f.items())
    place = (plain if plain.exists else patterns).here
    yield CorsPolicy(
        at,
        Setting(UNKNOWN if unknown else tuple(rules), place),
        headers["accessControlAllowCredentials"].flag(at, False),
        _list(headers["accessControlAllowMethods"]),
        _list(headers["accessControlAllowHeaders"]),
        headers["addVaryHeader"].flag(at, False),
    )


def _list(field: Field) -> Setting[tuple[str, ...]]:
    if not field.exists:
        return Setting(ABSENT, field.block)
    words = field.words()
    return Setting(UNKNOWN if "\0" in words else words, field.here)


def _headers(headers: Field) -> Iterator[ResponseHeaders]:
    """What this Middleware sends; another one, or the service, may send what it leaves out."""
    at = lacking(headers)
    sent = unknown_headers(at)
    written: dict[str, SentHeader] = {}
    for field, name in _WORDS.items():
        if headers[field].exists:
            written[name] = SentHeader(headers[field].word(at))
    for name, value in headers["customResponseHeaders"].entries():
        if value.exists and value.text:
            written[name.lower()] = SentHeader(value.word(at))
    if headers["browserXssFilter"].flag(at).value is True:
        written["x-xss-protection"] = SentHeader(Setting("1; mode=block", headers["browserXssFilter"].here))
    seconds = headers["stsSeconds"]
    if seconds.exists and seconds.number(at).effective not in (0, UNKNOWN):
        tail = "; includeSubDomains" if headers["stsIncludeSubdomains"].text == "true" else ""
        written["strict-transport-security"] = SentHeader(
            Setting(f"max-age={seconds.text}{tail}", seconds.here)
        )
    if written:
        yield ResponseHeaders(at, True, {**sent, **written})


def _tls_option(found: KubernetesObject, cluster: Cluster) -> Iterator[Listener]:
    spec = found.spec
    at = lacking(spec)
    lowest, suites = spec["minVersion"], spec["cipherSuites"]
    version = version_named(lowest.text) if lowest.known else ""
    words = suites.words()
    protocols: Setting[tuple[str, ...]] | None = None
    if lowest.exists:
        protocols = Setting(between(version) if version else UNKNOWN, lowest.here)
    ciphers: Setting[str] | None = None
    if words:
        names = ":".join(openssl_suite(w) for w in words)
        ciphers = Setting(UNKNOWN if "\0" in words else names, lacking(suites))
    if protocols is not None or ciphers is not None:
        yield Listener(
            at,
            Setting(UNKNOWN, at),
            Setting(443, at),
            Setting(True, at),
            protocols=protocols,
            ciphers=ciphers,
        )


def _transport(found: KubernetesObject, cluster: Cluster) -> Iterator[Feature]:
    skipped = found.spec["insecureSkipVerify"]
    if skipped.flag(skipped.block).value is True:
        yield Feature(skipped.here, "verify-tls", Setting(False, skipped.here), found.pointer)


_READERS: dict[str, Callable[[KubernetesObject, Cluster], Iterator[Fact]]] = {
    "IngressRoute": _route,
    "Middleware": _middleware,
    "TLSOption": _tls_option,
    "ServersTransport": _transport,
}

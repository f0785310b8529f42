"""Traefik: what it starts with, and a file of routers, one for each path of the contract.

https://doc.traefik.io/traefik/reference/routing-configuration/http/routing/rules-and-priority/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from batten.harden.acme import Acme
from batten.harden.edge import ANSWER, BODY, CONNECT, HEAD, IDLE, MOST_HEAD, Edge, Route
from batten.harden.intent import Intent
from batten.harden.made import Made
from batten.harden.options import Options
from batten.harden.suites import iana

STATIC, DYNAMIC = "traefik.yaml", "dynamic.yaml"
RESOLVER = "acme"
CHALLENGED = "acme-tls/1"  # RFC 8737, 6.2
Json = Any
_CURVES = {"X25519": "X25519", "prime256v1": "CurveP256", "secp384r1": "CurveP384"}
# One segment of a path: rules see it decoded, with reserved characters as they are sent. What is a slash or an end to
# another server is not taken: control characters, backslashes, bytes that are not UTF-8, and %2F.
_SEGMENT = r"(?:[^/%\\\x00-\x1f\x7f\x{FFFD}]|%[013-9A-Fa-f][0-9A-Fa-f]|%2[0-9A-Ea-e])+"
NOTES = (
    "Traefik answers 404, not 405, for verbs that a path does not have",
    "Traefik's own errors are plain text, and have no headers of yours",
    "Traefik redirects GET from plain HTTP with 301, and grants the verbs of all paths in answers to preflights",
    "Traefik forwards some requests that other edges refuse: `/./` in paths (cleaned), `%25` before two digits, two logins",
    "Traefik passes errors of the upstream as they are; `batten guard` replaces those that the contract does not declare",
)
# What the log keeps: no queries and no headers, which carry credentials.
_LOGGED = (
    "ClientHost",
    "StartUTC",
    "RequestMethod",
    "RouterName",
    "DownstreamStatus",
    "DownstreamContentSize",
    "Duration",
)


def render(intent: Intent) -> Made:
    """Raises HardenProblem."""
    edge, options = intent.edge, intent.options
    files = {STATIC: _text(_static(edge, options), edge), DYNAMIC: _text(_dynamic(edge), edge)}
    return Made(files, notes=NOTES)


class _Plain(yaml.SafeDumper):
    """What is there twice is written twice."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(value: Json, edge: Edge) -> str:
    head = (
        f"# The edge of {edge.title or 'the API'}, written by `batten harden traefik`.\n"
        "# Generated from the contract and batten.yaml: change those, and generate it again.\n"
    )
    return head + yaml.dump(value, Dumper=_Plain, sort_keys=False, width=1_000, allow_unicode=True)


def _address(host: str, port: int) -> str:
    return f"{host}:{port}"


def _static(edge: Edge, options: Options) -> Json:
    waits = {"readTimeout": f"{HEAD + BODY}s", "writeTimeout": f"{2 * ANSWER}s", "idleTimeout": f"{IDLE}s"}
    common = {"transport": {"respondingTimeouts": waits}, "forwardedHeaders": {"insecure": False}}
    points: Json = {
        "secure": {
            "address": _address(edge.host, edge.port),
            **common,
            "http": {"tls": {"options": "edge@file"}, "maxHeaderBytes": MOST_HEAD},
            "http2": {"maxConcurrentStreams": 100},
        }
    }
    if edge.plain_port:
        redirect = {"to": f":{edge.public}", "scheme": "https", "permanent": True}
        points["plain"] = {
            "address": _address(edge.plain_host, edge.plain_port),
            **common,
            "http": {"redirections": {"entryPoint": redirect}},
        }
    acme = edge.acme
    return {
        "global": {"checkNewVersion": False, "sendAnonymousUsage": False},
        "api": {"dashboard": False, "insecure": False},
        "log": {"level": "INFO", "format": "json"},
        "accessLog": {
            "format": "json",
            "fields": {
                "defaultMode": "drop",
                "names": dict.fromkeys(_LOGGED, "keep"),
                "headers": {"defaultMode": "drop"},
            },
        },
        "entryPoints": points,
        "providers": {"file": {"filename": _dynamic_path(options), "watch": False}},
        **({"certificatesResolvers": {RESOLVER: {"acme": _resolver(acme)}}} if acme is not None else {}),
    }


def _dynamic_path(options: Options) -> str:
    return f"{options.settings or options.prefix or '/etc/traefik'}/{DYNAMIC}"


def _resolver(acme: Acme) -> Json:
    """Traefik makes the file with mode 0600, and takes none that others read
    (https://doc.traefik.io/traefik/reference/install-configuration/tls/certificate-resolvers/acme/)."""
    return {
        **({"email": acme.email} if acme.email else {}),
        "caServer": acme.directory,
        "storage": f"{acme.folder or '/var/lib/traefik'}/acme.json",
        "keyType": "EC256",
        "tlsChallenge": {},
    }


def _dynamic(edge: Edge) -> Json:
    return {
        "tls": _tls(edge),
        "http": {
            "routers": dict(_routers(edge)),
            "middlewares": dict(_middlewares(edge)),
            "services": {"api": {"loadBalancer": _upstream(edge)}},
            "serversTransports": {"upstream": _transport(edge)},
        },
    }


def _tls(edge: Edge) -> Json:
    options = {
        "minVersion": "VersionTLS12",
        "cipherSuites": list(iana(edge.ciphers)),
        "curvePreferences": [_CURVES[name] for name in edge.curves],
        "sniStrict": True,
        "alpnProtocols": ["h2", "http/1.1", *((CHALLENGED,) if edge.acme else ())],
    }
    sets = {"edge": options, "default": dict(options)}
    if edge.acme:
        return {"options": sets}
    return {"certificates": [{"certFile": edge.certificate, "keyFile": edge.key}], "options": sets}


def _of_router(edge: Edge) -> Json:
    """One certificate for all names."""
    if not edge.acme:
        return {"options": "edge"}
    first, *others = edge.names
    domain = {"main": first, **({"sans": others} if others else {})}
    return {"options": "edge", "certResolver": RESOLVER, "domains": [domain]}


def _routers(edge: Edge) -> Iterator[tuple[str, Json]]:
    hosts = " || ".join(f"Host({_literal(name)})" for name in edge.names)
    count = len(edge.routes)
    for number, route in enumerate(edge.routes, 1):
        path = " && ".join((_path(route), *_but(route, edge.routes[: number - 1])))
        methods = " || ".join(f"Method(`{method}`)" for method in route.path.methods)
        common: Json = {
            "entryPoints": ["secure"],
            "service": "api",
            "priority": 2 * (count - number) + 2,  # the first that fits counts
            "tls": _of_router(edge),
        }
        stack = ["connections", "rate", "headers", "clean", f"body-{number}"]
        yield f"r{number}", {"rule": f"({hosts}) && {path} && ({methods})", "middlewares": stack, **common}
        if edge.cors is not None and "OPTIONS" not in route.path.methods:
            asked = f"Method(`OPTIONS`) && {_origins(edge)} && HeaderRegexp(`Access-Control-Request-Method`, `.+`)"
            yield (
                f"r{number}-preflight",
                {
                    "rule": f"({hosts}) && {path} && {asked}",
                    "middlewares": ["connections", "rate", "headers"],
                    **common,
                },
            )


def _literal(text: str) -> str:
    """A string of Traefik's rules, which are expressions of Go: a contract's path must not end it."""
    return f"`{text}`" if "`" not in text and text.isprintable() else json.dumps(text)


def _path(route: Route) -> str:
    path = route.path
    if path.fixed:
        return f"Path({_literal(path.fixed)})"
    return f"PathRegexp(`{path.pattern.replace('[^/]+', _SEGMENT)}`)"


def _but(route: Route, earlier: Iterable[Route]) -> Iterator[str]:
    """Paths that are another route's: its verbs alone count there."""
    for other in earlier:
        if set(route.path.methods) - set(other.path.methods) and _overlap(route, other):
            yield f"!{_path(other)}"


def _overlap(route: Route, other: Route) -> bool:
    """Whether a path may be of both."""
    parts, others = route.path.template.split("/"), other.path.template.split("/")
    pairs = zip(parts, others, strict=False)
    return len(parts) == len(others) and all(a == b or "{" in a or "{" in b for a, b in pairs)


def _origins(edge: Edge) -> str:
    origins = edge.cors.origins if edge.cors is not None else ()
    return "(" + " || ".join(f"Header(`Origin`, {_literal(origin)})" for origin in origins) + ")"


def _middlewares(edge: Edge) -> Iterator[tuple[str, Json]]:
    yield (
        "connections",
        {"inFlightReq": {"amount": edge.connections, "sourceCriterion": {"ipStrategy": {"depth": 0}}}},
    )
    yield "rate", {"rateLimit": {"average": edge.rate, "burst": 2 * edge.rate, "period": "1s"}}
    yield "headers", {"headers": _headers(edge)}
    # The upstream's grants are removed before the edge's own are sent.
    yield "clean", {"headers": {"customResponseHeaders": dict.fromkeys((*edge.hidden, "Server"), "")}}
    for number, route in enumerate(edge.routes, 1):
        size = max(route.body, 1)  # all of it in memory: from the other bound on it would be a file
        yield (
            f"body-{number}",
            {"buffering": {"maxRequestBodyBytes": size, "memRequestBodyBytes": size + 1}},
        )


def _headers(edge: Edge) -> Json:
    """An empty value removes a header."""
    made: Json = {
        "customRequestHeaders": {
            **{name: "" for name in edge.stripped if not _SETS.fullmatch(name)},
            "X-Forwarded-Port": str(edge.public),
        },
        "customResponseHeaders": dict(edge.sent),
    }
    if edge.cors is None:
        return made
    methods = sorted({method for route in edge.routes for method in route.path.methods})
    asked = {name.lower(): name for route in edge.routes for name in route.path.request_headers}
    shown = {name.lower(): name for route in edge.routes for name in route.path.response_headers}
    made |= {
        "accessControlAllowOriginList": list(edge.cors.origins),
        "accessControlAllowMethods": methods,
        "accessControlAllowHeaders": list(asked.values()),
        "accessControlExposeHeaders": list(shown.values()),
        "accessControlAllowCredentials": edge.cors.credentials,
        "accessControlMaxAge": edge.cors.age,
        "addVaryHeader": True,
    }
    return {name: value for name, value in made.items() if value != []}


# Traefik says these itself, of clients that it does not trust.
_SETS = re.compile(r"X-Forwarded-(?:For|Host|Port|Proto|Server)|X-Real-Ip", re.IGNORECASE)


def _upstream(edge: Edge) -> Json:
    scheme = "https" if edge.upstream.secure else "http"
    return {
        "servers": [{"url": f"{scheme}://{edge.upstream.host}:{edge.upstream.port}"}],
        "passHostHeader": True,
        "serversTransport": "upstream",
    }


def _transport(edge: Edge) -> Json:
    waits = {
        "dialTimeout": f"{CONNECT}s",
        "responseHeaderTimeout": f"{ANSWER}s",
        "idleConnTimeout": f"{IDLE}s",
    }
    made: Json = {"forwardingTimeouts": waits}
    if edge.upstream.secure:
        made |= {"serverName": edge.upstream.host, "rootCAs": [edge.upstream_ca], "insecureSkipVerify": False}
    return made

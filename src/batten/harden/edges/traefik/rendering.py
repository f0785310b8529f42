"""Traefik: what it starts with, and a file of routers, one for each path of the contract.

https://doc.traefik.io/traefik/reference/routing-configuration/http/routing/rules-and-priority/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from batten.harden.edge import ANSWER, BODY, CONNECT, HEAD, IDLE, MOST_HEAD, Edge
from batten.harden.edges.traefik import acme, clients
from batten.harden.edges.traefik.middlewares import middlewares
from batten.harden.edges.traefik.routers import routers
from batten.harden.intent import Intent
from batten.harden.made import Made
from batten.harden.suites import iana

STATIC, DYNAMIC = "traefik.yaml", "dynamic.yaml"
Json = Any
_CURVES = {"X25519": "X25519", "prime256v1": "CurveP256", "secp384r1": "CurveP384"}
NOTES = (
    "Traefik has no documents for errors: its own are their title in plain text, and of an error of the upstream that the contract does "
    "not declare only the status is left",
    "what Go's server and Traefik refuse before any router (requests that cannot be parsed, heads that are too large, CONNECT) has no "
    "headers of yours",
    "Traefik redirects GET from plain HTTP with 301",
    "Traefik forwards some requests that other edges refuse: `/./` in paths (cleaned), `%25` before two digits, two logins",
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
    edge, options = intent.edge, intent.options
    waits = {"readTimeout": f"{HEAD + BODY}s", "writeTimeout": f"{2 * ANSWER}s", "idleTimeout": f"{IDLE}s"}
    common = {"transport": {"respondingTimeouts": waits}, **clients.believed(edge)}
    points: Json = {
        "secure": {
            "address": _address(edge.host, edge.port),
            **common,
            "http": {"tls": {}, "maxHeaderBytes": MOST_HEAD},
            "http2": {"maxConcurrentStreams": 100},
        }
    }
    if edge.plain_port:
        points["plain"] = {"address": _address(edge.plain_host, edge.plain_port), **common}
    files = {
        STATIC: _text(
            {
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
                "providers": {
                    "file": {
                        "filename": f"{options.settings or options.prefix or '/etc/traefik'}/{DYNAMIC}",
                        "watch": False,
                    }
                },
                **acme.resolvers(edge),
            },
            edge,
        ),
        DYNAMIC: _text(_dynamic(edge), edge),
    }
    return Made(files, notes=(*NOTES, *_of_kinds(edge), *(clients.NOTES if clients.told(edge) else ())))


def _of_kinds(edge: Edge) -> Iterator[str]:
    if edge.kinds:
        yield "Traefik sends the headers of pages and files with its own errors on these paths, too"
    if any(kind.keeps for kind in edge.named_kinds):
        yield (
            "Traefik keeps no Content-Security-Policy of the application's own: pages whose scripts are allowed by nonces need another edge"
        )


class _Plain(yaml.SafeDumper):
    """What is there twice is written twice."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(value: Json, edge: Edge) -> str:
    title = edge.title.replace("{", "(").replace(
        "}", ")"
    )  # Traefik reads it as a template of Go, comments included
    head = (
        f"# The edge of {title or 'the API'}, written by `batten harden traefik`.\n"
        "# Generated from the contract and batten.yaml: change those, and generate it again.\n"
    )
    return head + yaml.dump(value, Dumper=_Plain, sort_keys=False, width=1_000, allow_unicode=True)


def _address(host: str, port: int) -> str:
    return f"{host}:{port}"


def _dynamic(edge: Edge) -> Json:
    scheme = "https" if edge.upstream.secure else "http"
    options = {
        "minVersion": "VersionTLS12",
        "cipherSuites": list(iana(edge.ciphers)),
        "curvePreferences": [_CURVES[name] for name in edge.curves],
        "sniStrict": True,
        "alpnProtocols": ["h2", "http/1.1", *((acme.CHALLENGED,) if edge.acme else ())],
    }
    files = {"certificates": [{"certFile": edge.certificate, "keyFile": edge.key}]}
    waits = {
        "dialTimeout": f"{CONNECT}s",
        "responseHeaderTimeout": f"{ANSWER}s",
        "idleConnTimeout": f"{IDLE}s",
    }
    made: Json = {"forwardingTimeouts": waits}
    if edge.upstream.secure:
        made |= {"serverName": edge.upstream.host, "rootCAs": [edge.upstream_ca], "insecureSkipVerify": False}
    return {
        "tls": {**({} if edge.acme else files), "options": {"default": options}},
        "http": {
            "routers": dict(routers(edge)),
            "middlewares": dict(middlewares(edge)),
            "services": {
                "api": {
                    "loadBalancer": {
                        "servers": [{"url": f"{scheme}://{edge.upstream.host}:{edge.upstream.port}"}],
                        "passHostHeader": True,
                        "serversTransport": "upstream",
                    }
                }
            },
            "serversTransports": {"upstream": made},
        },
    }

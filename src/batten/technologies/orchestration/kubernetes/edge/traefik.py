"""Traefik's own kinds: IngressRoute, Middleware, TLSOption, ServersTransport.

Source: https://doc.traefik.io/traefik/reference/routing-configuration/kubernetes/crd/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from batten.facts import Fact, Feature, Listener, Route, Upstream
from batten.formats import Mapping
from batten.model import ABSENT, UNKNOWN, Setting, Switch, Unknown
from batten.technologies.edges.traefik.cors import policy_of
from batten.technologies.edges.traefik.headers.reading import alone
from batten.technologies.edges.traefik.routing import open_lists
from batten.technologies.edges.traefik.tls import listener_of
from batten.technologies.edges.traefik.values import Value, from_tree
from batten.technologies.orchestration.kubernetes.edge.cluster import Cluster, lacking
from batten.technologies.orchestration.kubernetes.edge.consoles import console
from batten.technologies.orchestration.kubernetes.edge.ingress import service_host
from batten.technologies.orchestration.kubernetes.objects import Field, KubernetesObject
from batten.technologies.shared.edges.rules import hosts_in

_GROUPS = ("traefik.io", "traefik.containo.us")
_GUARDS = ("basicAuth", "digestAuth", "forwardAuth", "ipAllowList", "ipWhiteList", "plugin", "chain")
_PATH = re.compile(r"Path(?:Prefix)?\(`([^`]+)`\)")


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
                server=found.pointer,
                path=path[1] if path else "/",
                match="prefix",
                methods=Setting(ABSENT, at),
                upstream=name.text,
                hosts=tuple(Setting(h, route["match"].here) for h in hosts_in(route["match"].text)),
            )
            console_found = console(name.text)
            if console_found and not any(
                m is None or any(m.spec[name].exists for name in _GUARDS) for m in guards
            ):
                yield Feature(at, console_found[0], Setting(True, at), console_found[1])
            if service["kind"].text != "TraefikService":
                upstream_name = service["name"]
                host = service_host(upstream_name.text, service["namespace"].text or found.namespace, cluster)
                scheme = service["scheme"]
                secure: bool | Unknown = scheme.text == "https" if scheme.exists and scheme.known else UNKNOWN
                yield Upstream(
                    upstream_name.here,
                    target=Setting(host, upstream_name.here),
                    host=host,
                    port=0,
                    encrypted=Setting(secure, upstream_name.here),
                )


def _listener(found: KubernetesObject, cluster: Cluster) -> Iterator[Listener]:
    """An entry point named web without TLS is port 80; what other entry points do is not said here."""
    spec = found.spec
    at = lacking(spec)
    points = spec["entryPoints"].words()
    if spec["tls"].node is not None:
        yield Listener(at, address=Setting("0.0.0.0", at), port=Setting(443, at), tls=Setting(True, at))
    elif points == ("web",):
        routes = list(spec["routes"].items())
        kept = [_middlewares(route, found, cluster) for route in routes]
        redirects: bool | Unknown = (
            all(
                any(m is not None and m.spec["redirectScheme"]["scheme"].text == "https" for m in k)
                for k in kept
            )
            if routes
            else UNKNOWN
        )
        if any(m is None for k in kept for m in k):
            redirects = UNKNOWN
        yield Listener(
            at,
            address=Setting("0.0.0.0", at),
            port=Setting(80, at),
            tls=Setting(False, at),
            redirects_to_tls=Setting(redirects, at),
        )


def _middlewares(route: Field, found: KubernetesObject, cluster: Cluster) -> list[KubernetesObject | None]:
    """The Middlewares of a route; None for one that is not here."""
    named = [(m["name"].text, m["namespace"].text or found.namespace) for m in route["middlewares"].items()]
    return [cluster.find("Middleware", name, namespace) for name, namespace in named]


def _middleware(found: KubernetesObject, cluster: Cluster) -> Iterator[Fact]:
    spec = _value(found.spec)
    headers = spec["headers"]
    policy = policy_of(headers)
    if policy is not None:
        yield policy
    answer = alone(headers, headers.block) if headers.exists else None
    if answer is not None:
        yield answer
    yield from open_lists(spec)


def _tls_option(found: KubernetesObject, cluster: Cluster) -> Iterator[Listener]:
    option = listener_of(_value(found.spec))
    if option is not None:
        yield option


def _value(field: Field) -> Value:
    """The field as Traefik's own readers take it."""
    node = field.node if field.node is not None else Mapping({}, field.span)
    return from_tree(node, field.source, "yaml", field.pointer, field.path, field.whole)


def _transport(found: KubernetesObject, cluster: Cluster) -> Iterator[Feature]:
    skipped = found.spec["insecureSkipVerify"]
    if skipped.flag(skipped.block).value is True:
        yield Feature(skipped.here, Switch.VERIFY_TLS, Setting(False, skipped.here), found.pointer)


_READERS: dict[str, Callable[[KubernetesObject, Cluster], Iterator[Fact]]] = {
    "IngressRoute": _route,
    "Middleware": _middleware,
    "TLSOption": _tls_option,
    "ServersTransport": _transport,
}

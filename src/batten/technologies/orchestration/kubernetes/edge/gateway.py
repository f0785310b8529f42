"""Gateway API: Gateways, HTTPRoutes and BackendTLSPolicies.

Source: https://gateway-api.sigs.k8s.io/reference/spec/
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact, Feature, Listener, ResponseHeaders, Route, SentHeader, Upstream
from batten.model import ABSENT, UNKNOWN, Location, Setting, Unknown
from batten.technologies.orchestration.kubernetes.edge.cluster import Cluster, lacking
from batten.technologies.orchestration.kubernetes.edge.consoles import console
from batten.technologies.orchestration.kubernetes.edge.cors import cors, kong_cors
from batten.technologies.orchestration.kubernetes.edge.ingress import service_host
from batten.technologies.orchestration.kubernetes.objects import Field, KubernetesObject
from batten.technologies.shared.edges.headers import unknown_headers
from batten.technologies.shared.transport.tls import between, version_named

GROUP = "gateway.networking.k8s.io"
_GUARDS = ("ExtensionRef", "ExternalAuth")


def gateway_facts(found: KubernetesObject, cluster: Cluster) -> Iterator[Fact]:
    if found.group == GROUP and found.kind == "Gateway":
        for listener in found.spec["listeners"].items():
            yield from _listener(found, listener, cluster)
    elif found.group == GROUP and found.kind in ("HTTPRoute", "GRPCRoute"):
        yield from _route(found, cluster)
    elif found.group == GROUP and found.kind == "TLSRoute":
        # TLS of clients, which a listener passes on, or ends: it says so, and may be elsewhere.
        for rule in found.spec["rules"].items():
            for backend in rule["backendRefs"].items():
                name = backend["name"]
                if name.exists and name.known:
                    yield _upstream(found, name, cluster)
    elif found.group == "gateway.envoyproxy.io" and found.kind == "ClientTrafficPolicy":
        # Envoy Gateway: TLS of its listeners.
        lowest = found.spec["tls"]["minVersion"]
        version = version_named(lowest.text) if lowest.known else ""
        if version:
            at = lacking(found.spec["tls"])
            yield Listener(
                at,
                address=Setting(UNKNOWN, at),
                port=Setting(443, at),
                tls=Setting(True, at),
                protocols=Setting(between(version), lowest.here),
            )
    elif found.group == "gateway.envoyproxy.io" and found.kind == "SecurityPolicy":
        yield from cors(found.spec["cors"])
    elif found.kind in ("KongPlugin", "KongClusterPlugin"):
        yield from kong_cors(found)


def _listener(gateway: KubernetesObject, listener: Field, cluster: Cluster) -> Iterator[Listener]:
    protocol = listener["protocol"]
    at = lacking(listener)
    if protocol.text not in ("HTTP", "HTTPS", "TLS"):
        return
    redirects: Setting[bool] | None = None
    if protocol.text == "HTTP":
        # Whether all routes on a listener only redirect; not known while there is none here.
        routes = [r for r in cluster.of("HTTPRoute") if _attached(r, gateway, listener)]
        if not routes:
            redirected: bool | Unknown = UNKNOWN
        else:
            rules = [rule for route in routes for rule in route.spec["rules"].items()]
            redirected = bool(rules) and all(_redirects(rule) for rule in rules)
        redirects = Setting(redirected, at)
    names = (listener["hostname"].text,) if listener["hostname"].exists else ()
    tls = Setting(protocol.text != "HTTP", protocol.here)
    yield Listener(
        at,
        address=Setting("0.0.0.0", at),
        port=listener["port"].number(at),
        tls=tls,
        names=names,
        redirects_to_tls=redirects,
        http=protocol.text != "TLS",
    )


def _attached(route: KubernetesObject, gateway: KubernetesObject, listener: Field) -> bool:
    for parent in route.spec["parentRefs"].items():
        namespace = parent["namespace"].text or route.namespace
        same = not namespace or not gateway.namespace or namespace == gateway.namespace
        section, port = parent["sectionName"].text, parent["port"].text
        here = section in ("", listener["name"].text) and port in ("", listener["port"].text)
        if same and here and parent["name"].text == gateway.name:
            return True
    return False


def _redirects(rule: Field) -> bool:
    filters = [f for f in rule["filters"].items() if f["type"].text == "RequestRedirect"]
    return any(f["requestRedirect"]["scheme"].text == "https" for f in filters)


def _route(route: KubernetesObject, cluster: Cluster) -> Iterator[Fact]:
    for rule in route.spec["rules"].items():
        filters = list(rule["filters"].items())
        guarded = any(f["type"].text in _GUARDS for f in filters)
        for filtered in filters:
            match filtered["type"].text:
                case "CORS":
                    yield from cors(filtered["cors"])
                case "ResponseHeaderModifier":
                    # What the filter sets or adds; the service may send the rest.
                    modifier = filtered["responseHeaderModifier"]
                    at = lacking(modifier)
                    written = {
                        header["name"].text.lower(): SentHeader(header["value"].word(at))
                        for action in ("set", "add")
                        for header in modifier[action].items()
                    }
                    if written:
                        yield ResponseHeaders(at, over_tls=True, sent={**unknown_headers(at), **written})
        backends = [b["name"] for b in rule["backendRefs"].items()]
        yield from _matches(route, rule, backends)
        for name in backends:
            if name.exists and name.known:
                yield _upstream(route, name, cluster)
                found = console(name.text)
                if found is not None and not guarded:
                    # A policy that is attached to the route, and kept elsewhere, may ask who comes.
                    yield Feature(name.here, found[0], Setting(_policed(route, cluster), name.here), found[1])


def _policed(route: KubernetesObject, cluster: Cluster) -> bool | Unknown:
    """False where a policy here is attached to the route, else not known."""
    for policy in cluster.of("SecurityPolicy", "AuthorizationPolicy"):
        targets = [*policy.spec["targetRefs"].items(), policy.spec["targetRef"]]
        if any(t["name"].text == route.name for t in targets):
            return False
    return UNKNOWN


def _matches(route: KubernetesObject, rule: Field, backends: list[Field]) -> Iterator[Route]:
    """Paths of a rule with the verbs that it lets through; matches of one path add up."""
    upstream = backends[0].text if backends and backends[0].known else ""
    by_path: dict[tuple[str, str], list[Field]] = {}
    for match in rule["matches"].items():
        path = match["path"]
        key = (path["value"].text or "/", path["type"].text or "PathPrefix")
        by_path.setdefault(key, []).append(match["method"])
    kinds = {"Exact": "exact", "RegularExpression": "regex"}
    for (text, kind), methods in by_path.items():
        at = lacking(rule)
        allowed: Setting[tuple[str, ...]] = Setting(ABSENT, at)
        if all(m.exists for m in methods):
            known = all(m.known for m in methods)
            allowed = Setting(tuple(m.text for m in methods) if known else UNKNOWN, methods[0].here)
        match_kind = kinds.get(kind, "prefix")
        regex = text if match_kind == "regex" else ""
        yield Route(
            at,
            server=route.pointer,
            path=text,
            match=match_kind,
            methods=allowed,
            upstream=upstream,
            regex=regex,
        )


def _upstream(route: KubernetesObject, name: Field, cluster: Cluster) -> Upstream:
    host = service_host(name.text, route.namespace, cluster)
    secured = _backend_policy(name.text, route.namespace, cluster)
    if secured is not None:
        return Upstream(
            name.here,
            target=Setting(host, name.here),
            host=host,
            port=0,
            encrypted=Setting(True, secured),
            verified=Setting(True, secured),
        )
    return Upstream(
        name.here, target=Setting(host, name.here), host=host, port=0, encrypted=Setting(UNKNOWN, name.here)
    )


def _backend_policy(service: str, namespace: str, cluster: Cluster) -> Location | None:
    """The BackendTLSPolicy of a Service, in its namespace: one always verifies."""
    for policy in cluster.of("BackendTLSPolicy"):
        near = not namespace or not policy.namespace or policy.namespace == namespace
        if near and any(t["name"].text == service for t in policy.spec["targetRefs"].items()):
            return policy.at
    return None

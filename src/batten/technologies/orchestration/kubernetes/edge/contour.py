"""Contour's HTTPProxy and OpenShift's Route.

Sources: https://projectcontour.io/docs/main/config/api/ and
https://docs.redhat.com/en/documentation/openshift_container_platform/latest/html/ingress_and_load_balancing/routes
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact, Listener, ResponseHeaders, Route, SentHeader, Upstream
from batten.model import ABSENT, UNKNOWN, Setting
from batten.technologies.orchestration.kubernetes.edge.cluster import Cluster, lacking
from batten.technologies.orchestration.kubernetes.edge.cors import cors
from batten.technologies.orchestration.kubernetes.edge.ingress import service_host
from batten.technologies.orchestration.kubernetes.objects import KubernetesObject
from batten.technologies.shared.edges.headers import unknown_headers
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.transport.tls import between, version_named

_HSTS = "haproxy.router.openshift.io/hsts_header"


def contour_facts(found: KubernetesObject, cluster: Cluster) -> Iterator[Fact]:
    if found.kind == "HTTPProxy" and found.group == "projectcontour.io":
        host = found.spec["virtualhost"]
        yield from cors(host["corsPolicy"], "allowOrigin")
        routes = list(found.spec["routes"].items())
        if host.exists:
            # With a certificate plain HTTP is redirected, except by routes that permit it.
            tls, listeners_at = host["tls"], lacking(host)
            names = (host["fqdn"].text,) if host["fqdn"].known and host["fqdn"].text not in ("", "*") else ()
            permitted = next(
                (r["permitInsecure"] for r in routes if r["permitInsecure"].text == "true"), None
            )
            plain = permitted.here if permitted is not None else listeners_at
            yield Listener(
                plain,
                address=Setting("0.0.0.0", listeners_at),
                port=Setting(80, listeners_at),
                tls=Setting(False, plain),
                names=names,
                redirects_to_tls=Setting(tls.node is not None and permitted is None, plain),
            )
            lowest = version_named(tls["minimumProtocolVersion"].text)
            if tls.node is not None:
                yield Listener(
                    lacking(tls),
                    address=Setting("0.0.0.0", listeners_at),
                    port=Setting(443, listeners_at),
                    tls=Setting(True, lacking(tls)),
                    names=names,
                    protocols=Setting(between(lowest), tls["minimumProtocolVersion"].here)
                    if lowest
                    else None,
                )
        for route in routes:
            policy = route["responseHeadersPolicy"]
            at = lacking(policy)
            written = {h["name"].text.lower(): SentHeader(h["value"].word(at)) for h in policy["set"].items()}
            if written:
                yield ResponseHeaders(at, over_tls=True, sent={**unknown_headers(at), **written})
            for service in route["services"].items():
                name, service_at = service["name"], lacking(route)
                if name.exists and name.known:
                    prefix = next(
                        (c["prefix"].text for c in route["conditions"].items() if c["prefix"].exists), "/"
                    )
                    yield Route(
                        service_at,
                        server=found.pointer,
                        path=prefix,
                        match="prefix",
                        methods=Setting(ABSENT, service_at),
                        upstream=name.text,
                    )
                    protocol, checked = service["protocol"], service["validation"]
                    encrypted = protocol.text in ("tls", "h2")
                    host_service = service_host(name.text, found.namespace, cluster)
                    yield Upstream(
                        name.here,
                        target=Setting(host_service, name.here),
                        host=host_service,
                        encrypted=Setting(encrypted if protocol.exists else UNKNOWN, name.here),
                        verified=Setting(checked.exists, checked.here if checked.exists else protocol.here)
                        if encrypted
                        else None,
                    )
    elif found.kind == "Route" and found.group in ("route.openshift.io", "") and found.spec["to"].exists:
        yield from _route(found, cluster)


def _route(found: KubernetesObject, cluster: Cluster) -> Iterator[Fact]:
    tls, at = found.spec["tls"], lacking(found.spec)
    names = (found.spec["host"].text,) if found.spec["host"].known and found.spec["host"].text else ()
    insecure = tls["insecureEdgeTerminationPolicy"]
    secured = tls.node is not None
    place = insecure.here if insecure.exists else at
    if not secured or insecure.text in ("Allow", "Redirect"):
        yield Listener(
            place,
            address=Setting("0.0.0.0", at),
            port=Setting(80, at),
            tls=Setting(False, place),
            names=names,
            redirects_to_tls=Setting(insecure.text == "Redirect", place),
        )
    if secured:
        yield Listener(
            at, address=Setting("0.0.0.0", at), port=Setting(443, at), tls=Setting(True, at), names=names
        )
    hsts = found.annotations.get(_HSTS)
    if hsts is not None:
        value = found.body["metadata"]["annotations"][_HSTS]
        sent = {**unknown_headers(at), "strict-transport-security": SentHeader(value.word(at))}
        yield ResponseHeaders(at, over_tls=True, sent=sent)
    key = tls["key"]
    if key.known and "PRIVATE KEY" in key.text:
        yield credentials.in_config(key.here, "key", "private key")
    name = found.spec["to"]["name"]
    if name.exists and name.known:
        host = service_host(name.text, found.namespace, cluster)
        inner = tls["termination"].text in ("reencrypt", "passthrough")
        yield Upstream(
            name.here, target=Setting(host, name.here), host=host, encrypted=Setting(inner, name.here)
        )

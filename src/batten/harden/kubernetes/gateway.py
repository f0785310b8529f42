"""Gateway API: routes to the edge, and a Gateway of its own where the platform has none. https://gateway-api.sigs.k8s.io/

BackendTLSPolicy is v1 since version 1.4, TLSRoute since 1.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from batten.harden.entry import AUTHORITY, CERTIFICATE, Controller, Entry
from batten.harden.kubernetes.objects import made
from batten.harden.stack import EDGE, Stack

Json = Any
GROUP = "gateway.networking.k8s.io"
API = f"{GROUP}/v1"
REDIRECT = "edge-redirect"
MOST_NAMES = 32  # a Gateway has 64 listeners, two of each name
MOST_HOSTS = 16  # of one route
REDIRECTING = 301  # the other statuses that keep the verb are not in every implementation


def objects(stack: Stack, names: list[str]) -> Iterator[Json]:
    entry = stack.entry
    if entry.gateway is None:
        # A listener for each name, so that none is served for names that nobody asked for.
        listeners = [_listener(stack.entry, name) for name in names]
        listeners += [
            {
                "name": _section(name, "http"),
                "hostname": name,
                "port": 80,
                "protocol": "HTTP",
                "allowedRoutes": _own("HTTPRoute"),
            }
            for name in names
        ]
        gateway_spec = {"gatewayClassName": stack.entry.named, "listeners": listeners}
        yield made("Gateway", API, EDGE, stack.name, spec=gateway_spec)
    elif entry.secret:
        # The platform's Gateway may read this one Secret of ours.
        grant_entry = stack.entry
        theirs = grant_entry.gateway
        grant_spec = {
            "from": [
                {"group": GROUP, "kind": "Gateway", "namespace": theirs.namespace if theirs else stack.name}
            ],
            "to": [{"group": "", "kind": "Secret", "name": grant_entry.secret}],
        }
        yield made("ReferenceGrant", f"{GROUP}/v1beta1", "entry-certificate", stack.name, spec=grant_spec)
    for number, some in enumerate(_chunks(names)):
        # All paths: which of them there are, the edge knows.
        route_rule: Json = {"backendRefs": [{"group": "", "kind": "Service", "name": EDGE, "port": 443}]}
        kind = "TLSRoute"
        if stack.entry.ends_tls:
            kind = "HTTPRoute"
            route_rule = {"matches": [{"path": {"type": "PathPrefix", "value": "/"}}], **route_rule}
        route_spec = {"parentRefs": _parents(stack, some, "tls"), "hostnames": some, "rules": [route_rule]}
        yield made(kind, API, f"{EDGE}-{number}" if number else EDGE, stack.name, spec=route_spec)
    if entry.ends_tls:
        # The entry speaks TLS to the edge, and verifies its certificate.
        authority = {"group": "", "kind": "ConfigMap", "name": AUTHORITY}
        policy_spec = {
            "targetRefs": [{"group": "", "kind": "Service", "name": EDGE}],
            "validation": {"hostname": names[0], "caCertificateRefs": [authority]},
        }
        yield made("BackendTLSPolicy", API, EDGE, stack.name, spec=policy_spec)
    elif entry.controller is Controller.ENVOY_GATEWAY:
        # https://gateway.envoyproxy.io/docs/api/extension_types/#backendtrafficpolicy
        announcing_names = [f"{EDGE}-{number}" if number else EDGE for number in range(len(_chunks(names)))]
        targets = [{"group": GROUP, "kind": "TLSRoute", "name": name} for name in announcing_names]
        announcing_spec = {"targetRefs": targets, "proxyProtocol": {"version": "V2"}}
        yield made(
            "BackendTrafficPolicy", "gateway.envoyproxy.io/v1alpha1", EDGE, stack.name, spec=announcing_spec
        )
    if entry.gateway is None or entry.gateway.plain:
        for number, some in enumerate(_chunks(names)):
            moved = {"scheme": "https", "statusCode": REDIRECTING}
            rule = {"filters": [{"type": "RequestRedirect", "requestRedirect": moved}]}
            spec = {"parentRefs": _parents(stack, some, "http"), "hostnames": some, "rules": [rule]}
            yield made(
                "HTTPRoute", API, f"{REDIRECT}-{number}" if number else REDIRECT, stack.name, spec=spec
            )


def _chunks(names: list[str]) -> list[list[str]]:
    return [names[start : start + MOST_HOSTS] for start in range(0, len(names), MOST_HOSTS)]


def _listener(entry: Entry, name: str) -> Json:
    if entry.ends_tls:
        reference = {"group": "", "kind": "Secret", "name": entry.secret or CERTIFICATE}
        tls: Json = {"mode": "Terminate", "certificateRefs": [reference]}
    else:
        tls = {"mode": "Passthrough"}
    protocol, kind = ("HTTPS", "HTTPRoute") if entry.ends_tls else ("TLS", "TLSRoute")
    return {
        "name": _section(name, "tls"),
        "hostname": name,
        "port": 443,
        "protocol": protocol,
        "tls": tls,
        "allowedRoutes": _own(kind),
    }


def _section(name: str, suffix: str) -> str:
    """The name of a listener, which has 253 characters as the host has: long ones lose their end, and not what differs."""
    return f"{suffix}-{name}"[:253].rstrip("-.")


def _own(kind: str) -> Json:
    return {"namespaces": {"from": "Same"}, "kinds": [{"group": GROUP, "kind": kind}]}


def _parents(stack: Stack, names: list[str], suffix: str) -> list[Json]:
    theirs = stack.entry.gateway
    base = {"group": GROUP, "kind": "Gateway"}
    if theirs is not None:
        section = theirs.listener if suffix == "tls" else theirs.plain
        return [{**base, "namespace": theirs.namespace, "name": theirs.name, "sectionName": section}]
    return [{**base, "name": EDGE, "sectionName": _section(name, suffix)} for name in names]


def notes(stack: Stack) -> Iterator[str]:
    entry = stack.entry
    since, kinds = ("1.4", "BackendTLSPolicy") if entry.ends_tls else ("1.5", "TLSRoute")
    yield f"Gateway API {since} or newer is needed, in an implementation that supports {kinds}"
    if entry.gateway is None:
        yield (
            f"the proxies of the Gateway must run outside of the namespace {stack.name}, which denies all but the flows of the stack"
        )
    else:
        yield (
            f"the Gateway {entry.gateway.namespace}/{entry.gateway.name} must admit routes of the namespace {stack.name} at its "
            "listener (allowedRoutes)"
            + (
                ""
                if entry.gateway.plain
                else "; plain HTTP is not redirected here: no listener for it is named"
            )
        )
    if not entry.ends_tls and entry.controller is None:
        yield "Gateway API has no word for the PROXY protocol: turn it on for the Service edge in the implementation, else no client is served"

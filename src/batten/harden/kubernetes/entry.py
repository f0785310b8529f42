"""What stands between clients and the edge, where that is not a load balancer of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

from batten.harden.edge import Edge
from batten.harden.entry import AUTHORITY, CERTIFICATE, Controller, Kind
from batten.harden.intent import Intent
from batten.harden.kubernetes import gateway, ingress
from batten.harden.kubernetes.objects import chosen, made
from batten.harden.options import HardenProblem
from batten.harden.stack import EDGE, Stack

Json = Any
FILE = "entry.yaml"
_HOST = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*", re.ASCII
)


def check(intent: Intent) -> None:
    """Raises HardenProblem for what the entry needs and nobody said."""
    entry = intent.stack.entry
    if entry.kind is Kind.SERVICE:
        return
    if not intent.options.proxies:
        raise HardenProblem(
            f"behind --entry {entry.kind.value} every client has the address of the entry's pods; pass --trusted-proxy NETWORK, "
            "the network that those pods are in, so that limits count clients"
        )
    if intent.options.proxy_protocol and entry.ends_tls:
        raise HardenProblem(
            "an entry that ends TLS sends client addresses in X-Forwarded-For; omit --proxy-protocol"
        )
    _ = hosts(intent.edge)


def objects(intent: Intent) -> Iterator[Json]:
    stack, names = intent.stack, hosts(intent.edge)
    if stack.entry.kind is Kind.GATEWAY:
        yield from gateway.objects(stack, names)
    else:
        yield from ingress.objects(stack, names)


def service(stack: Stack) -> Json:
    """Of the edge, within the cluster."""
    spec: Json = {
        "type": "ClusterIP",
        "selector": chosen(EDGE, stack.name),
        "ports": [{"name": "https", "port": 443, "targetPort": "main", "protocol": "TCP"}],
    }
    found = made("Service", "v1", EDGE, stack.name, spec=spec)
    if stack.entry.controller is Controller.TRAEFIK:
        found["metadata"]["annotations"] = ingress.of_service(stack)
    return found


def hosts(edge: Edge) -> list[str]:
    """The names that are routed by, each exactly; `localhost`, which each machine calls itself, is not. Raises HardenProblem
    for what is none in DNS."""
    found = list(dict.fromkeys(name.lower() for name in edge.names))
    found = [name for name in found if name != "localhost"] or found
    for name in found:
        if not _HOST.fullmatch(name) or _is_address(name):
            raise HardenProblem(
                f"'{name}' is not a name that an entry of Kubernetes routes by; pass --name with a name of DNS, such as "
                "api.example.com"
            )
    if len(found) > gateway.MOST_NAMES:
        raise HardenProblem(
            f"{len(found)} names are more than the {gateway.MOST_NAMES} that one entry takes; split them"
        )
    return found


def _is_address(name: str) -> bool:
    try:
        return bool(ip_address(name))
    except ValueError:
        return False


def notes(intent: Intent, authority: str) -> Iterator[str]:
    """`authority` is the file of the edge's own authority."""
    stack = intent.stack
    entry = stack.entry
    if entry.kind is Kind.SERVICE:
        return
    networks = ", ".join(intent.options.proxies)
    yield (
        f"the edge believes what pods in {networks} say of a client's address, and network policies admit pods of the namespace "
        f"{entry.namespace} alone: your network plugin must enforce them, and see these pods as such (not as nodes, as with "
        "hostNetwork or Cilium's own proxy)"
    )
    yield "the entry must ask the edge for its health by connecting, or take its pods' readiness: no path answers outside of the contract"
    if entry.ends_tls:
        if entry.gateway is None or entry.secret:
            secret = entry.secret or CERTIFICATE
            yield (
                f"the certificate that clients see is expected in the Secret {secret} of the namespace {stack.name}; the edge's own, "
                "in edge-tls, needs the same names and may be of a private authority"
            )
        kind = "secret generic" if entry.controller is Controller.HAPROXY_INGRESS else "configmap"
        yield (
            "the authority of the edge's own certificate, which the entry verifies it with: "
            f"`kubectl -n {stack.name} create {kind} {AUTHORITY} --from-file=ca.crt={authority}`"
        )
        yield "which versions of TLS clients may use is set in the entry; HSTS is sent by the edge alone, so leave it off there"
    if entry.kind is Kind.GATEWAY:
        yield from gateway.notes(stack)
    else:
        yield from ingress.notes(stack)

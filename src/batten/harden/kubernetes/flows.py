"""Network policies: nothing passes in any direction but the flows of the stack, and questions to the cluster's DNS.

https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from batten.harden.entry import Entry, Kind
from batten.harden.kubernetes.objects import chosen, made
from batten.harden.stack import EDGE, Flow, Stack

Json = Any
DNS = 53
NAMESPACE = "kubernetes.io/metadata.name"  # a label that the API server sets itself
Ports = Mapping[tuple[str, int], int]  # by part and port as others call it


def policies(stack: Stack, ports: Ports, more: Iterable[Flow] = ()) -> Iterator[Json]:
    """Of the stack's flows and `more`. `ports` are where containers listen, if elsewhere than their services: policies see a pod's own port."""
    yield made(
        "NetworkPolicy",
        "networking.k8s.io/v1",
        "deny-all",
        stack.name,
        spec={"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
    )
    yield _policy("allow-dns", stack, {"podSelector": {}, "policyTypes": ["Egress"], "egress": [_dns()]})
    for flow in (*stack.flows, *more):
        yield from _of_flow(flow, stack, ports)


def _dns() -> Json:
    """UDP, and TCP for answers that do not fit."""
    peer = {
        "namespaceSelector": {"matchLabels": {NAMESPACE: "kube-system"}},
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
    }
    ports = [{"protocol": protocol, "port": DNS} for protocol in ("UDP", "TCP")]
    return {"to": [peer], "ports": ports}


def _of_flow(flow: Flow, stack: Stack, ports: Ports) -> Iterator[Json]:
    port = [{"protocol": "TCP", "port": ports.get((flow.target, flow.port), flow.port)}]
    source, target = _pods(flow.source, stack), _pods(flow.target, stack)
    if not flow.source:
        # The outside is any address: the load balancer's health checks come from the nodes, too.
        rule: Json = {**_entering(stack.entry), "ports": port}
        yield _policy(
            f"allow-to-{EDGE}-{flow.port}",
            stack,
            {"podSelector": target, "policyTypes": ["Ingress"], "ingress": [rule]},
        )
        return
    pair = f"{flow.source}-to-{flow.target}"
    inward = {"from": [{"podSelector": source}], "ports": port}
    outward = {"to": [{"podSelector": target}], "ports": port}
    yield _policy(
        f"allow-{pair}-in", stack, {"podSelector": target, "policyTypes": ["Ingress"], "ingress": [inward]}
    )
    yield _policy(
        f"allow-{pair}-out", stack, {"podSelector": source, "policyTypes": ["Egress"], "egress": [outward]}
    )


def _entering(entry: Entry) -> Json:
    """No other pods than the entry's, where there is one."""
    if entry.kind is Kind.SERVICE:
        return {}
    peer: Json = {"namespaceSelector": {"matchLabels": {NAMESPACE: entry.namespace}}}
    if entry.pods:
        peer["podSelector"] = {"matchLabels": dict(entry.pods)}
    return {"from": [peer]}


def _pods(name: str, stack: Stack) -> Json:
    return {"matchLabels": chosen(name, stack.name)}


def _policy(name: str, stack: Stack, spec: Json) -> Json:
    return made("NetworkPolicy", "networking.k8s.io/v1", name, stack.name, spec=spec)

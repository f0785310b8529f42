"""Which pods may connect to which, by the semantics of Kubernetes' documentation
(https://kubernetes.io/docs/concepts/services-networking/network-policies/), for policies that select by labels and ports.

Written for tests alone: it knows nothing of how batten reads or renders policies.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import Any

Json = Any
OUTSIDE = "the outside"
NAMESPACE = "kubernetes.io/metadata.name"
TRIED = (22, 53, 80, 443, 1883, 2379, 3306, 4222, 5432, 5671, 6379, 8000, 8080, 8443, 8883, 9000, 9200, 27017)
# Who, to whom, by what, at which port; None is the outside.
Passing = set[tuple[str | None, str | None, str, int]]


@dataclass(frozen=True, slots=True)
class Pod:
    name: str
    namespace: str
    labels: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Connection:
    source: str
    target: str
    protocol: str
    port: int


def selects(selector: Json, labels: dict[str, str]) -> bool:
    assert set(selector) <= {"matchLabels"}, "the evaluator knows matchLabels only"
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())


class Cluster:
    """Pods, the policies of their namespaces, and the labels of these."""

    def __init__(self, pods: list[Pod], policies: list[Json], namespaces: dict[str, dict[str, str]]) -> None:
        self.pods, self.policies, self.namespaces = pods, policies, namespaces

    def admits(self, source: Pod | None, target: Pod | None, protocol: str, port: int) -> bool:
        """Both ends must agree; None is an address that belongs to no pod."""
        out = source is None or self._passes(source, "Egress", target, protocol, port)
        return out and (target is None or self._passes(target, "Ingress", source, protocol, port))

    def _passes(self, own: Pod, direction: str, other: Pod | None, protocol: str, port: int) -> bool:
        """A pod that no policy selects for a direction is open in it; else what any of them admits passes."""
        mine = [p for p in self.policies if self._concerns(p, own, direction)]
        if not mine:
            return True
        key, peers = ("ingress", "from") if direction == "Ingress" else ("egress", "to")
        rules = [(rule, policy) for policy in mine for rule in policy["spec"].get(key) or ()]
        return any(
            self._peer(rule.get(peers), policy, other) and self._port(rule.get("ports"), protocol, port)
            for rule, policy in rules
        )

    def _concerns(self, policy: Json, pod: Pod, direction: str) -> bool:
        spec = policy["spec"]
        kinds = spec.get("policyTypes") or ["Ingress", *(["Egress"] if "egress" in spec else [])]
        same = policy["metadata"]["namespace"] == pod.namespace
        return same and direction in kinds and selects(spec["podSelector"], dict(pod.labels))

    def _peer(self, peers: Json, policy: Json, other: Pod | None) -> bool:
        """No list, or an empty one, is every peer."""
        return not peers or any(self._one(peer, policy, other) for peer in peers)

    def _one(self, peer: Json, policy: Json, other: Pod | None) -> bool:
        assert not set(peer) - {"podSelector", "namespaceSelector"}, "the evaluator knows no ipBlock"
        if other is None:
            return False
        inside = other.namespace == policy["metadata"]["namespace"]
        if "namespaceSelector" in peer:
            inside = selects(peer["namespaceSelector"], self.namespaces[other.namespace])
        return inside and selects(peer.get("podSelector", {}), dict(other.labels))

    @staticmethod
    def _port(ports: Json, protocol: str, port: int) -> bool:
        return not ports or any(
            p.get("protocol", "TCP") == protocol and p.get("port", port) == port for p in ports
        )


def cluster(objects: Iterable[Json], own: str, *others: Pod) -> Cluster:
    """The workloads among the objects, one pod each, with the cluster's DNS and pods of elsewhere."""
    every = list(objects)
    pods = []
    for one in every:
        if one["kind"] in ("Deployment", "StatefulSet"):
            labels = one["spec"]["template"]["metadata"]["labels"]
            pods.append(Pod(one["metadata"]["name"], one["metadata"]["namespace"], tuple(labels.items())))
    pods += [Pod("dns", "kube-system", (("k8s-app", "kube-dns"),)), *others]
    named = {own, *(pod.namespace for pod in pods)}
    known = {name: {NAMESPACE: name} for name in named}
    for one in every:
        if one["kind"] == "Namespace":
            known[one["metadata"]["name"]] |= one["metadata"]["labels"]
    return Cluster(pods, [one for one in every if one["kind"] == "NetworkPolicy"], known)


def passing(there: Cluster, own: str) -> Passing:
    """All that passes from or to the pods of a namespace, over every pair and port."""
    inner = [pod for pod in there.pods if pod.namespace == own]
    found: Passing = set()
    for source, target in product([None, *there.pods], [None, *there.pods]):
        if source is target or not {source, target} & set(inner):
            continue
        for port, protocol in product(TRIED, ("TCP", "UDP")):
            if there.admits(source, target, protocol, port):
                found.add((source and source.name, target and target.name, protocol, port))
    return found


def to_dns(there: Cluster, own: str) -> Passing:
    """Questions of the pods of a namespace to the cluster's DNS."""
    return {
        (p.name, "dns", protocol, 53) for p in there.pods if p.namespace == own for protocol in ("TCP", "UDP")
    }

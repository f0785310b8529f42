"""Switches that resources of many kinds share, in whatever place of them.

Sources: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/api-service-v1/,
https://prometheus-operator.dev/docs/api-reference/api/, https://docs.victoriametrics.com/operator/api/, https://cert-manager.io/docs/reference/api-docs/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from batten.facts import Peer, Verifying
from batten.formats import tree
from batten.model import Setting
from batten.technologies.orchestration.kubernetes.objects import Field, KubernetesObject

# On: the certificate of a server is not verified.
_SKIPS = frozenset(
    (
        "insecureSkipVerify", "insecureSkipTLSVerify", "insecureSkipTlsVerify", "insecure-skip-tls-verify", "skipTLSVerify",
        "skipTlsVerify", "tlsInsecureSkipVerify", "insecureTLSSkipVerify", "tlsSkipVerify", "tls-skip-verify",
    )
)  # fmt: skip
# Kinds that hold words of programs, or whose own readers read the switch.
_NOT = frozenset(
    (
        "ConfigMap", "Secret", "SealedSecret", "ServersTransport", "ServersTransportTCP", "DestinationRule",
        "CustomResourceDefinition",
    )
)  # fmt: skip
# Kinds by which measurements are fetched, of Prometheus', VictoriaMetrics' and Google's operators; and what the API server forwards
# requests to, a Service of its own cluster (APIService's `service`).
_PEERS = {
    **dict.fromkeys(
        (
            "ServiceMonitor", "PodMonitor", "Probe", "ScrapeConfig", "PodMonitoring", "ClusterPodMonitoring", "VMServiceScrape",
            "VMPodScrape", "VMNodeScrape", "VMProbe", "VMStaticScrape", "VMScrapeConfig",
        ),
        Peer.METRICS,
    ),
    "APIService": Peer.CLUSTER,
}  # fmt: skip
_MOST = 20_000  # nodes of one object


def unverified(objects: Iterable[KubernetesObject]) -> Iterator[Verifying]:
    for found in objects:
        if found.kind not in _NOT:
            pending, seen = [found.body], 0
            while pending and seen < _MOST:
                field, seen = pending.pop(), seen + 1
                below = list(field.items())
                for key, _ in field.entries():
                    value = field[key]
                    if key in _SKIPS and isinstance(value.node, tree.Scalar) and value.text == "true":
                        off, peer = Setting(False, value.here), _PEERS.get(found.kind, Peer.ANY)
                        yield Verifying(value.here, off, peer)
                    below.append(value)
                pending += _containers(below)


def _containers(fields: list[Field]) -> Iterator[Field]:
    return (f for f in fields if isinstance(f.node, (tree.Mapping, tree.Sequence)))

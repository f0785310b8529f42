"""Who can connect to pods: Services, host ports, edges and network policies.

Source: https://kubernetes.io/docs/concepts/services-networking/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address

from batten.facts import PodNetwork, PublishedPort
from batten.formats import tree
from batten.model import ABSENT, UNKNOWN, Setting
from batten.model.networks import everybody
from batten.model.record import record
from batten.technologies.orchestration.kubernetes.cluster import (
    KNATIVE,
    Cluster,
    Container,
    Pod,
    same_namespace,
    selects,
)
from batten.technologies.orchestration.kubernetes.objects import Field, KubernetesObject
from batten.technologies.shared.containers.ports import Behind, Evidence, behind
from batten.technologies.shared.containers.switches import OPTION_VARIABLES

_INTERNAL = re.compile(r"(?:^|[-/])internal(?:$|-)", re.IGNORECASE)  # cloud providers' annotations
# Values that give a Service to the AWS Load Balancer Controller, whose balancers are internal unless told otherwise:
# https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/service/nlb/
_CONTROLLER = frozenset(("external", "nlb-ip"))
_EDGES = frozenset(
    (
        "Ingress", "HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "IngressRoute", "IngressRouteTCP", "Route", "HTTPProxy",
        "VirtualService",
    )
)  # fmt: skip
_VISIBILITY = "networking.knative.dev/visibility"
_BACKENDS = frozenset(("backend", "defaultBackend", "backendRefs", "services", "service", "to"))
# Policies of network plug-ins and of cluster administrators: what they select is not worked out here.
_OTHER_POLICIES = re.compile(r".+NetworkPolicy|AuthorizationPolicy|NetworkPolicySet|ClusterNetworkPolicy")


def _service_ports(service: KubernetesObject, cluster: Cluster) -> Iterator[PublishedPort]:
    """The ports that a Service opens to others than the cluster's pods."""
    external = [i.text for i in service.spec["externalIPs"].items() if i.known]
    kind = service.spec["type"].text
    via = {"NodePort": "every node", "LoadBalancer": "a load balancer"}.get(kind, "")
    if kind == "LoadBalancer" and _narrow(service):
        via = ""
    elif kind == "LoadBalancer" and (asked := _asked(service)):
        via, external = "", [*asked, *external]
    if not via and not external:
        return
    for item in service.spec["ports"].items():
        yield _service_port(service, item, cluster, via, external)


# Where a Service asks for the address that its load balancer has: Cilium, MetalLB, kube-vip, and the field of old.
_ADDRESSES = re.compile(r"(?:lb-?ipam(?:\.cilium\.io)?[-/]ips|load-?balancer-?ips?)$", re.IGNORECASE)


def _asked(service: KubernetesObject) -> list[str]:
    """The addresses that a Service asks for, where all of them are of a private network."""
    texts = [v for k, v in service.annotations.items() if _ADDRESSES.search(k)]
    written = service.spec["loadBalancerIP"]
    texts += [written.text] if written.exists else []
    words = [word.strip() for text in texts for word in text.split(",") if word.strip()]
    return words if words and all(map(_is_private, words)) else []


def _is_private(word: str) -> bool:
    try:
        return ip_address(word).is_private
    except ValueError:
        return False


def limited(ranges: Field) -> bool:
    """Whether ranges of a load balancer's callers are written, and everybody is not one of them."""
    return ranges.exists and not everybody(ranges.words() or ())


def _narrow(service: KubernetesObject) -> bool:
    """Whether a load balancer takes callers of a private network or of listed ranges only."""
    ranges = service.spec["loadBalancerSourceRanges"]
    if ranges.exists:
        return limited(ranges)
    notes = service.annotations.items()
    listed = [v for k, v in notes if k.endswith("load-balancer-source-ranges")]
    if listed and not everybody(v for text in listed for v in text.split(",")):
        return True
    if service.spec["loadBalancerClass"].text == "service.k8s.aws/nlb" or any(
        k.endswith("/aws-load-balancer-type") and v in _CONTROLLER for k, v in notes
    ):
        return not any(
            v.lower() == "internet-facing" or (k.endswith("-internal") and v.lower() == "false")
            for k, v in notes
        )
    return any(v.lower() == "internal" or (_INTERNAL.search(k) and v.lower() != "false") for k, v in notes)


def _service_port(
    service: KubernetesObject, item: Field, cluster: Cluster, via: str, external: list[str]
) -> PublishedPort:
    port = item["port"]
    at = port.named(f"{service.pointer}/ports[{port.text}]").here
    number = port.number(at).known(0)
    inner = _target(service, item["targetPort"], cluster) or number
    node_port = item["nodePort"].number(at, UNKNOWN)
    protocol = (item["protocol"].text or "TCP").lower()
    # Who listens behind a Service: in the container that declares its port, otherwise in any that it leads to.
    pods = cluster.pods_of(service)
    held = [c for pod in pods for c in pod.containers if c.stays]
    declaring = [
        c for c in held if any(p["containerPort"].text == str(inner) for p in c.body["ports"].items())
    ]
    names = (service.name, *(pod.name for pod in pods))
    evidence = _evidence(names, declaring or held)
    behind_found = behind(inner, evidence)
    found = behind_found if behind_found.what else behind(number, evidence)
    address: Setting[str] = Setting(ABSENT, at, "0.0.0.0") if via else Setting(external[0], at)
    published = node_port if via == "every node" else Setting(number or UNKNOWN, at)
    found = found if protocol == "tcp" else Behind()
    return PublishedPort(
        at,
        service=service.name,
        host_address=address,
        host_port=published,
        container_port=inner,
        protocol=protocol,
        admin=found.what,
        guessed=found.guessed,
        via=via or external[0],
    )


def _evidence(names: Iterable[str], containers: Iterable[Container]) -> Evidence:
    kept = list(containers)
    listed = [c.own_name for c in kept]
    words = [w for c in kept for key in ("command", "args") for w in c.body[key].words()]
    options = [
        i["value"].text for c in kept for i in c.body["env"].items() if i["name"].text in OPTION_VARIABLES
    ]
    known = tuple(c.body["image"].text for c in kept if c.body["image"].known and c.body["image"].text)
    return Evidence(images=known, words=(*words, *options), names=(*names, *listed))


def _target(service: KubernetesObject, target: Field, cluster: Cluster) -> int:
    """The container's port; 0 when it is not known."""
    if target.text.isdecimal():
        return int(target.text)
    for pod in cluster.pods_of(service) if target.text else ():
        for port in _ports(pod):
            if port["name"].text == target.text and port["containerPort"].text.isdecimal():
                return int(port["containerPort"].text)
    return 0


def _ports(pod: Pod) -> Iterator[Field]:
    for container in pod.containers:
        yield from container.body["ports"].items()


def host_ports(pod: Pod) -> Iterator[PublishedPort]:
    """Ports of containers that are opened on the node they run on."""
    for container, item in ((c, p) for c in pod.containers for p in c.body["ports"].items()):
        field, inner = item["hostPort"], item["containerPort"].text
        if not field.exists or field.text == "0" or not inner.isdecimal():
            continue
        at = field.named(f"{pod.owner.pointer}/ports[{inner}]").here
        protocol = (item["protocol"].text or "TCP").lower()
        address = item["hostIP"].word(at, "0.0.0.0")
        found = behind(int(inner), _evidence((pod.name,), (container,))) if protocol == "tcp" else Behind()
        yield PublishedPort(
            at,
            service=pod.name,
            host_address=address,
            host_port=field.number(at),
            container_port=int(inner),
            protocol=protocol,
            admin=found.what,
            guessed=found.guessed,
        )


@record
class Front:
    """An edge of the cluster and the Services that it forwards to."""

    edge: KubernetesObject
    services: frozenset[str]


@record
class Doors:
    """What a cluster lets the outside in by: its edges, and each Service's published ports."""

    fronts: tuple[Front, ...]
    ports: Mapping[int, tuple[PublishedPort, ...]]  # by identity of the Service

    def ports_of(self, pod: Pod, cluster: Cluster) -> tuple[PublishedPort, ...]:
        served = (p for s in cluster.services(pod) for p in self.ports.get(id(s), ()))
        return (*served, *host_ports(pod))

    def entrances(self, pod: Pod, cluster: Cluster) -> tuple[str, ...]:
        """The edges of the cluster that lead to a pod."""
        names = {s.name for s in cluster.services(pod)}
        if pod.owner.group == KNATIVE and pod.owner.labels.get(_VISIBILITY) != "cluster-local":
            return (f"Knative service {pod.name}",)
        near = (f for f in self.fronts if same_namespace(f.edge.namespace, pod.namespace))
        return tuple(f"{f.edge.kind} {f.edge.name}" for f in near if names & f.services)


def doors(cluster: Cluster) -> Doors:
    fronts = tuple(Front(o, frozenset(_backends(o.node))) for o in cluster.objects if _lets_in(o))
    return Doors(fronts, {id(s): tuple(_service_ports(s, cluster)) for s in cluster.of("Service")})


def _lets_in(found: KubernetesObject) -> bool:
    """Whether an object is an edge; one of Istio's is where it is bound to a gateway, not to the mesh alone."""
    if found.kind == "VirtualService":
        return any(name != "mesh" for name in found.spec["gateways"].words())
    return found.kind in _EDGES


def _backends(root: tree.Node) -> Iterator[str]:
    """Names of Services that an edge forwards to, whatever its kind calls them."""
    pending: list[tuple[str, tree.Node]] = [("", root)]
    while pending:
        key, node = pending.pop()
        if isinstance(node, tree.Mapping):
            name = node.text("serviceName") or (node.text("name") if key in _BACKENDS else None)
            if key == "destination":
                name = (node.text("host") or "").partition(".")[0]
            if name:
                yield name
            pending += [(e.key.text, e.value) for e in node]
        elif isinstance(node, tree.Sequence):
            pending += [(key, item) for item in node]


def pod_networks(cluster: Cluster) -> Iterator[PodNetwork]:
    """Namespaces with pods that listen, and which of those no policy covers."""
    if any(_OTHER_POLICIES.fullmatch(o.kind) for o in cluster.objects):
        return
    by_namespace: dict[str, list[Pod]] = {}
    for pod in cluster.pods:
        if (
            pod.lasting
            and pod.spec["hostNetwork"].text != "true"
            and (any(_ports(pod)) or any(cluster.services(pod)))
        ):
            by_namespace.setdefault(pod.namespace, []).append(pod)
    kinds = cluster.of("NetworkPolicy", "networking.k8s.io", "extensions")
    policies = [p for p in map(_policy, kinds) if p is not None]
    for namespace, pods in by_namespace.items():
        near = [p for p in policies if same_namespace(p.namespace, namespace)]
        uncovered = [pod for pod in pods if not any(selects(policy.labels, pod) for policy in near)]
        at = (uncovered or pods)[0].owner.at
        covered = tuple(p.name for p in pods if p not in uncovered)
        yield PodNetwork(at, namespace, tuple(p.name for p in uncovered), covered)


@record
class Policy:
    namespace: str
    labels: Mapping[str, str]


def _policy(found: KubernetesObject) -> Policy | None:
    """Which pods a policy keeps callers away from; None for one that lets everybody in to every pod."""
    types = found.spec["policyTypes"].words()
    selector = found.spec["podSelector"]
    if types and "Ingress" not in types:
        return None
    everybody = any(
        not (isinstance(rule.node, tree.Mapping) and bool(rule.node.entries))
        for rule in found.spec["ingress"].items()
    )
    labels = selector["matchLabels"].strings()
    if everybody and not labels and not selector["matchExpressions"].exists:
        return None
    return Policy(found.namespace, labels)

"""Who reaches what configuration files of a ConfigMap open: pods listen, and only Services, edges and the node let others in.

Source: https://kubernetes.io/docs/concepts/services-networking/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from batten.facts import INSIDE_CLUSTER, Fact, Listener, PublishedPort, Store
from batten.model import UNKNOWN, Problem, Setting
from batten.model.record import changed
from batten.technologies.orchestration.kubernetes.cluster import Cluster, Pod, same_namespace
from batten.technologies.orchestration.kubernetes.embedded import EmbeddedFile
from batten.technologies.orchestration.kubernetes.services import Doors

_NODES = "every node"


def placed(
    facts: Iterable[Fact | Problem], file: EmbeddedFile, kept: Cluster, open_to: Doors
) -> Iterator[Fact | Problem]:
    """The facts of a file, its plain listeners with what the pods that mount it show, its stores as those of containers. A load
    balancer or a port of the node that leads to a listener leaves it as it is."""
    if not file.held:
        yield from facts
        return
    pods = [pod for pod in kept.pods if mounts(pod, file)]
    on_node = any(map(_on_node, pods))
    for fact in facts:
        if isinstance(fact, Store) and not fact.published and not on_node:
            yield changed(fact, contained=True)
            continue
        plain = isinstance(fact, Listener) and fact.tls_before is None and fact.tls.known(None) is False
        if not isinstance(fact, Listener) or not plain or on_node:
            yield fact
            continue
        shown = [p for pod in pods for p in open_to.ports_of(pod, kept) if _leads(p, fact)]
        if any(p.via != _NODES for p in shown):
            yield fact
        else:
            inside = INSIDE_CLUSTER if pods and not shown else ""
            yield changed(fact, tls_before=Setting(UNKNOWN, fact.at), inside=inside)


def _leads(port: PublishedPort, listener: Listener) -> bool:
    number = listener.port.known(0)
    return port.container_port in (0, number) or not number


def _on_node(pod: Pod) -> bool:
    return pod.spec["hostNetwork"].text == "true"


def mounts(pod: Pod, file: EmbeddedFile) -> bool:
    """Whether a pod mounts the ConfigMap that holds a file."""
    if not same_namespace(pod.namespace, file.namespace):
        return False
    for volume in pod.spec["volumes"].items():
        sources = [volume, *volume["projected"]["sources"].items()]
        if any(source["configMap"]["name"].text == file.held for source in sources):
            return True
    return False

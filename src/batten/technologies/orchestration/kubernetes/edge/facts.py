from __future__ import annotations

from collections.abc import Iterator, Sequence

from batten.facts import Fact
from batten.formats import Workspace
from batten.technologies.orchestration.kubernetes.edge.cluster import Cluster, annotations_of
from batten.technologies.orchestration.kubernetes.edge.contour import contour_facts
from batten.technologies.orchestration.kubernetes.edge.controller_map import added, map_facts
from batten.technologies.orchestration.kubernetes.edge.gateway import gateway_facts
from batten.technologies.orchestration.kubernetes.edge.ingress import ingress_facts
from batten.technologies.orchestration.kubernetes.edge.istio import istio_facts
from batten.technologies.orchestration.kubernetes.edge.linkerd import linkerd_facts
from batten.technologies.orchestration.kubernetes.edge.traefik import traefik_facts
from batten.technologies.orchestration.kubernetes.objects import KubernetesObject


def facts(objects: Sequence[KubernetesObject], workspace: Workspace) -> Iterator[Fact]:
    """What the edge objects of a cluster say; other objects are looked up where they name them."""
    cluster = Cluster(objects)
    settings = cluster.settings()
    if settings is not None:
        yield from map_facts(settings, cluster)
    for found in objects:
        if found.kind == "Ingress":
            yield from ingress_facts(found, cluster)
            yield from added(annotations_of(found)["custom-headers"], cluster)
        else:
            yield from traefik_facts(found, cluster)
            yield from gateway_facts(found, cluster)
            yield from istio_facts(found, cluster)
            yield from contour_facts(found, cluster)
            yield from linkerd_facts(found)

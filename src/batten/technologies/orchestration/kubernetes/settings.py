"""The settings that manifests use, by the names of inventory.txt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from batten.model import Location
from batten.technologies.orchestration.kubernetes.cluster import pod
from batten.technologies.orchestration.kubernetes.edge.cluster import of_controller
from batten.technologies.orchestration.kubernetes.objects import Field, KubernetesObject

_MOST = 20_000  # fields of one object
# API groups whose kinds the inventory lists below a product's name, without `spec`.
_PRODUCTS = {
    "argoproj.io": "Argo CD ",
    "gateway.networking.k8s.io": "Gateway API ",
    "kops.k8s.io": "kops ",
    "kyverno.io": "Kyverno ",
    "networking.istio.io": "Istio ",
}


def used(objects: Iterable[KubernetesObject]) -> Iterator[tuple[str, Location]]:
    for found in objects:
        running = pod(found)
        if running is not None:
            yield from _below(running.spec, "pod")
            for volume in running.spec["volumes"].items():
                yield from ((f"volume.{key}", value.here) for key, value in volume.entries())
            for container in running.containers:
                yield from _below(container.body, "container")
                # The options of the program that a container starts, behind its name.
                words = [*container.body["command"].items(), *container.body["args"].items()]
                program = words[0].text.rpartition("/")[2] if words else ""
                for word in words[1:]:
                    if word.text.startswith("--"):
                        yield f"{program} {word.text[2:].partition('=')[0]}", word.here
            continue
        product = _PRODUCTS.get(found.group)
        yield from _below(found.spec if product else found.body, f"{product or ''}{found.kind}")
        metadata = found.body["metadata"]
        for noted_key, noted_value in metadata["annotations"].entries():
            prefix, _, name = noted_key.rpartition("/")
            yield f"{prefix} {name}", noted_value.here
        for noted_key, noted_value in metadata["labels"].entries():
            yield f"{found.kind}.metadata.labels {noted_key}", noted_value.here
        for noted_key, noted_value in found.body["data"].entries() if of_controller(found) else ():
            yield f"ingress-nginx ConfigMap {noted_key}", noted_value.here


def _below(body: Field, name: str) -> Iterator[tuple[str, Location]]:
    """Every key below a place, by its way; numbers of items are no part of it."""
    pending, seen = [(name, body)], 0
    while pending and seen < _MOST:
        way, field = pending.pop()
        pending += [(way, item) for item in field.items()]
        for key, value in field.entries():
            seen += 1
            yield f"{way}.{key}", value.here
            pending.append((f"{way}.{key}", value))

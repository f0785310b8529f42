"""Variables of containers, and of the ConfigMaps that give them.

Source: https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Fact
from batten.model import UNKNOWN, Setting
from batten.technologies.orchestration.kubernetes.cluster import Cluster, Container, Pod
from batten.technologies.orchestration.kubernetes.objects import Field
from batten.technologies.shared.containers import variables as variable_switches
from batten.technologies.shared.secrets import credentials, urls

_REFERENCE = re.compile(r"\$\([A-Za-z_][\w.]*\)")  # another variable, replaced by the kubelet


def variables(pod: Pod, container: Container, cluster: Cluster) -> dict[str, Setting[str]]:
    """Each variable by name; what a Secret or the pod's own fields say is not known here."""
    found: dict[str, Setting[str]] = {}
    for source in container.body["envFrom"].items():
        held = _config_map(source["configMapRef"], pod, cluster)
        for key, value in held.entries() if held is not None else ():
            found[f"{source['prefix'].text}{key}"] = value.word(value.here)
    for item in container.body["env"].items():
        found[item["name"].text] = _value(item, pod, cluster)
    return found


def _value(item: Field, pod: Pod, cluster: Cluster) -> Setting[str]:
    value, at = item["value"].named(item.pointer), item.block
    if value.exists or not item["valueFrom"].exists:
        known = value.known and not _REFERENCE.search(value.text)
        return Setting(value.text if known else UNKNOWN, value.here if value.exists else at)
    reference = item["valueFrom"]["configMapKeyRef"]
    held = _config_map(reference, pod, cluster)
    found = held[reference["key"].text] if held is not None else None
    return found.word(at, UNKNOWN) if found is not None else Setting(UNKNOWN, at)


def complete(pod: Pod, container: Container, cluster: Cluster) -> bool:
    """Whether every variable is known by name."""
    sources = container.body["envFrom"].items()
    return all(_config_map(s["configMapRef"], pod, cluster) is not None for s in sources)


def _config_map(reference: Field, pod: Pod, cluster: Cluster) -> Field | None:
    name = reference["name"].text
    found = cluster.named("ConfigMap", name, pod.namespace) if name else None
    return found.body["data"] if found is not None else None


def literals(container: Container) -> Iterator[tuple[str, Field]]:
    """The variables whose values are written in the container."""
    for item in container.body["env"].items():
        if item["value"].exists:
            yield item["name"].text, item["value"].named(item.pointer)


def variable_facts(name: str, field: Field, user: str = "") -> Iterator[Fact]:
    """What a variable's literal value says: a credential, a connection, a switch for developers."""
    at, text = field.here, field.text
    plain = field.known and not _REFERENCE.search(text)
    if plain:
        held = credentials.found(name, text, user=user)
    else:
        # What is plain in a text that other variables complete.
        kind = credentials.within(text)
        held = credentials.Found(kind) if kind else None
    if held is not None:
        yield credentials.in_config(at, name, held)
    connection = urls.connection(name, _REFERENCE.sub("\0", text) if field.known else "", at)
    if connection is not None:
        yield connection
    if plain:
        yield from variable_switches.switched(name, text, at)

"""Objects of Kubernetes as plain values, and their text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

Json = Any
VERSION = "v1.29"  # of the Pod Security Standards: a cluster's upgrade must not change what is admitted
NAME, PART_OF, MANAGED = "app.kubernetes.io/name", "app.kubernetes.io/part-of", "app.kubernetes.io/managed-by"


def made(kind: str, api: str, name: str, stack: str, **rest: Json) -> Json:
    """An object in the stack's namespace."""
    metadata = {"name": name, "namespace": stack, "labels": labels(name, stack)}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **rest}


def labels(name: str, stack: str) -> dict[str, str]:
    return {NAME: name, PART_OF: stack, MANAGED: "batten"}


def chosen(name: str, stack: str) -> dict[str, str]:
    """What selects the pods of one part."""
    return {NAME: name, PART_OF: stack}


def text(objects: Iterable[Json], *remarks: str) -> str:
    documents = (yaml.safe_dump(each, sort_keys=False, width=110, allow_unicode=True) for each in objects)
    return "".join(f"# {remark}\n" for remark in remarks) + "---\n".join(documents)


def sizes(processor: str, memory: str, storage: str = "64Mi") -> Json:
    """Requests that are limits, too: a container cannot take what its neighbours were promised."""
    found = {"cpu": processor, "memory": memory, "ephemeral-storage": storage}
    return {"requests": dict(found), "limits": dict(found)}


def confined() -> Json:
    """Of a container, as the Pod Security Standard `restricted` asks and beyond
    (https://kubernetes.io/docs/concepts/security/pod-security-standards/)."""
    return {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "privileged": False,
        "capabilities": {"drop": ["ALL"]},
    }


def of_pod(user: int) -> Json:
    return {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": user,
        "fsGroup": user,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def mount(name: str, path: str, read_only: bool) -> Json:
    return {"name": name, "mountPath": path, "readOnly": read_only}


def scratch(name: str, size: str = "64Mi") -> Json:
    return {"name": name, "emptyDir": {"sizeLimit": size}}


def from_secret(name: str, secret: str) -> Json:
    """0440: only the group of the pod (fsGroup) reads it."""
    return {"name": name, "secret": {"secretName": secret, "defaultMode": 0o440}}


def from_map(name: str, source: str) -> Json:
    return {"name": name, "configMap": {"name": source, "defaultMode": 0o444}}

"""One pod: its container, what is mounted in it, and how it is asked whether it lives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from batten.harden.kubernetes.objects import (
    chosen,
    confined,
    labels,
    mount,
    of_pod,
    scratch,
    sizes,
)
from batten.model.record import record

Json = Any


@record(kw_only=True)
class Pod:
    """`volumes` are volumes with the path that each is mounted at; `writable` are folders for temporary files.
    `health` is a path that answers on `port`; "" asks whether the port accepts connections."""

    name: str
    stack: str
    image: str
    user: int
    port: int  # named "main"
    plain: int = 0  # a second one, named "plain"
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] | None = None
    volumes: tuple[tuple[Json, str], ...] = ()
    kept: tuple[str, str] | None = None  # a claim's name and the folder of its data
    writable: tuple[str, ...] = ()
    health: str = ""
    processor: str = "500m"
    memory: str = "256Mi"


def template(pod: Pod) -> Json:
    """The pod as a Deployment or a StatefulSet has it."""
    spread = {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": chosen(pod.name, pod.stack)},
    }
    spec: Json = {
        "serviceAccountName": pod.name,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "hostNetwork": False,
        "hostPID": False,
        "hostIPC": False,
        "terminationGracePeriodSeconds": 30,
        "securityContext": of_pod(pod.user),
        "topologySpreadConstraints": [spread],
        "containers": [_container(pod)],
    }
    volumes = [volume for volume, _ in pod.volumes]
    volumes += [scratch(f"scratch-{number}") for number, _ in enumerate(pod.writable)]
    if volumes:
        spec["volumes"] = volumes
    return {"metadata": {"labels": labels(pod.name, pod.stack)}, "spec": spec}


def _container(pod: Pod) -> Json:
    mounts = [mount(volume["name"], path, read_only=True) for volume, path in pod.volumes]
    mounts += [mount(f"scratch-{number}", path, False) for number, path in enumerate(pod.writable)]
    if pod.kept:
        mounts.append(mount(*pod.kept, read_only=False))
    made: Json = {"name": pod.name, "image": pod.image, "imagePullPolicy": "IfNotPresent"}
    if pod.command:
        made["args"] = list(pod.command)
    if pod.environment:
        made["env"] = [{"name": name, "value": value} for name, value in pod.environment.items()]
    return {
        **made,
        "ports": _ports(pod),
        "securityContext": confined(),
        "resources": sizes(pod.processor, pod.memory, "128Mi"),
        **_probes(pod),
        **({"volumeMounts": mounts} if mounts else {}),
    }


def _ports(pod: Pod) -> list[Json]:
    named = {"main": pod.port, **({"plain": pod.plain} if pod.plain else {})}
    return [{"name": name, "containerPort": port, "protocol": "TCP"} for name, port in named.items()]


def _probes(pod: Pod) -> Json:
    """The kubelet asks from the node, which network policies always let in."""
    asked: Json = {"tcpSocket": {"port": "main"}}
    ready: Json = {"httpGet": {"path": pod.health, "port": "main"}} if pod.health else asked
    pace = {"periodSeconds": 10, "timeoutSeconds": 3, "failureThreshold": 3}
    return {
        "startupProbe": {**asked, "periodSeconds": 2, "timeoutSeconds": 3, "failureThreshold": 60},
        "readinessProbe": {**ready, **pace},
        "livenessProbe": {**asked, **pace},
    }

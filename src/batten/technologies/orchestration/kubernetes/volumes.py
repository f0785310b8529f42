"""What pods mount. Source: https://kubernetes.io/docs/concepts/storage/volumes/"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import HostNeeds, Mount
from batten.model import UNKNOWN, Setting
from batten.technologies.orchestration.kubernetes.cluster import Container, Pod
from batten.technologies.orchestration.kubernetes.objects import Field
from batten.technologies.shared.containers.hosts import joined, needs, node_plugin
from batten.technologies.shared.rendering.kustomizations import HELD

_DEVICES = frozenset(("CharDevice", "BlockDevice"))
_KINDS = {"configMap": "config", "secret": "secret", "emptyDir": "tmpfs", "hostPath": "bind"}


def host_paths(pod: Pod) -> Iterator[Mount]:
    """Paths of the node that containers of the pod mount, each once. Read-only where every mount of it is."""
    for volume in pod.spec["volumes"].items():
        path = volume["hostPath"]["path"]
        holders = list(_mounts_of(pod, volume["name"].text))
        mounts = [mount for _, mount in holders]
        if not path.exists or not mounts or _device(volume):
            continue
        at = volume.block
        read_only = all(m["readOnly"].text == "true" for m in mounts)
        source: Setting[str] = Setting(path.text if path.known else UNKNOWN, at)
        yield Mount(
            at,
            source=source,
            target=mounts[0]["mountPath"].text,
            kind="bind",
            read_only=Setting(read_only, at),
            needs=joined([container_needs(container, pod) for container, _ in holders]),
            node=pod.owner.kind != "DaemonSet" and pod.namespace != "kube-system",  # not an agent of its node
        )


def devices(pod: Pod) -> Iterator[Setting[str]]:
    """Devices of the node that the pod is given as files."""
    for volume in pod.spec["volumes"].items():
        if _device(volume) and any(_mounts_of(pod, volume["name"].text)):
            path = volume["hostPath"]["path"]
            yield Setting(path.text if path.known else UNKNOWN, volume.block)


def _device(volume: Field) -> bool:
    return volume["hostPath"]["type"].text in _DEVICES


def _mounts_of(pod: Pod, volume: str) -> Iterator[tuple[Container, Field]]:
    for container in pod.containers:
        for mount in container.body["volumeMounts"].items():
            if mount["name"].text == volume:
                yield container, mount


def pod_needs(pod: Pod) -> HostNeeds | None:
    """What the vendors of a pod's images document together. Before the others start, a container may run a script in the image
    of one that stays."""
    staying = {c.body["image"].text: container_needs(c, pod) for c in pod.containers if c.stays}
    return joined(
        [
            container_needs(c, pod) or (None if c.stays else staying.get(c.body["image"].text))
            for c in pod.containers
        ]
    )


def container_needs(container: Container, pod: Pod) -> HostNeeds | None:
    """What the vendor of a container's image documents that it needs of its host; on every node beside a registrar of drivers of
    volumes, what such drivers do."""
    image = container.body["image"]
    started = container.body["command"] if container.body["command"].exists else container.body["args"]
    words = [item.text for item in started.items()]
    found = needs(image.text if image.known else "", words)
    if found is None and pod.owner.kind == "DaemonSet" and container.stays:
        return node_plugin(c.body["image"].text for c in pod.containers if c is not container)
    return found


def container_mounts(pod: Pod, container: Container) -> Iterator[Mount]:
    """Every mount of one container, of whatever it comes."""
    volumes = {v["name"].text: v for v in pod.spec["volumes"].items()}
    for mount in container.body["volumeMounts"].items():
        volume = volumes.get(mount["name"].text)
        kind = next((k for key, k in _KINDS.items() if volume is not None and volume[key].exists), "volume")
        at = mount.block
        for target, path in _files(mount, volume) or ((mount["mountPath"].text, ""),):
            yield Mount(
                at,
                source=Setting(mount["name"].text, at),
                target=target,
                kind=kind,
                read_only=mount["readOnly"].flag(at, False),
                path=path,
            )


def _files(mount: Field, volume: Field | None) -> list[tuple[str, str]]:
    """Files of the checkout in a generated ConfigMap: where the container has each, and its path below the root."""
    if volume is None:
        return []
    held, target, part = volume["configMap"], mount["mountPath"].text.rstrip("/"), mount["subPath"].text
    found = {key: path.text for key, path in held[HELD].entries()}
    if part:
        key = _key(held, part)
        return [(target, found[key])] if key in found else []
    names = {i["key"].text: i["path"].text for i in held["items"].items()}
    kept = {names.get(key, key): path for key, path in found.items() if not names or key in names}
    return [(f"{target}/{name}", path) for name, path in kept.items()]


def config_file(pod: Pod, container: Container, path: str) -> tuple[str, str] | None:
    """The ConfigMap and its key that a path in the container is of; None when it is of no ConfigMap."""
    volumes = {v["name"].text: v["configMap"] for v in pod.spec["volumes"].items() if v["configMap"].exists}
    for mount in container.body["volumeMounts"].items():
        held, target = volumes.get(mount["name"].text), mount["mountPath"].text.rstrip("/")
        if held is None:
            continue
        part = mount["subPath"].text
        if part and path == target:
            return held["name"].text, _key(held, part)
        if not part and path.startswith(f"{target}/"):
            return held["name"].text, _key(held, path[len(target) + 1 :])
    return None


def _key(held: Field, file: str) -> str:
    """`items` give keys other file names."""
    return next((i["key"].text for i in held["items"].items() if i["path"].text == file), file)

"""Kubernetes' own parts: the kubelet's file, kubeadm's, and static pods of the control plane.

Defaults: https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/ and
https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Component, Daemon
from batten.model import ABSENT, UNKNOWN, Absent, Setting, Unknown
from batten.technologies.kubernetes.cluster import Cluster, Container, Pod
from batten.technologies.kubernetes.objects import Field, KubernetesObject

_STATIC = frozenset(("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"))
_PORTS = frozenset(("insecure-port", "read-only-port"))
_KUBEADM = {
    "apiServer": "kube-apiserver",
    "controllerManager": "kube-controller-manager",
    "scheduler": "kube-scheduler",
}
Flags = dict[str, Setting[str]]


def daemons(cluster: Cluster) -> Iterator[Daemon]:
    for found in cluster.objects:
        if found.kind == "KubeletConfiguration":
            yield _kubelet(found)
        elif found.group == "kubeadm.k8s.io":
            yield from _kubeadm(found)
    for pod in cluster.pods:
        for container in pod.containers if pod.owner.kind == "Pod" else ():
            name = program(container)
            if name in _STATIC and pod.namespace in ("kube-system", ""):
                yield _static(name, pod, container)


def versions(cluster: Cluster) -> Iterator[Component]:
    """The version of Kubernetes that kubeadm is told to run."""
    for found in cluster.of("ClusterConfiguration", "kubeadm.k8s.io"):
        field = found.body["kubernetesVersion"]
        if field.exists:
            at = field.here
            version = field.text.removeprefix("v")
            yield Component(
                at, product="kubernetes", version=Setting(version if field.known else UNKNOWN, at)
            )


def program(container: Container) -> str:
    """The name of the program that a container's command starts."""
    words = (*container.body["command"].words(), *container.body["args"].words())
    return words[0].rpartition("/")[2] if words else ""


def _kubelet(found: KubernetesObject) -> Daemon:
    body, at = found.body, found.at
    options = {
        "anonymous-auth": body.of("authentication", "anonymous", "enabled").word(at, "false"),
        "authorization-mode": body.of("authorization", "mode").word(at, "Webhook"),
        "read-only-port": opened(body["readOnlyPort"].word(at, "0")),
        "tls-min-version": body["tlsMinVersion"].word(at),
    }
    return Daemon(at, "kubelet", options)


def _kubeadm(found: KubernetesObject) -> Iterator[Daemon]:
    """Arguments that kubeadm adds to its own; it leaves no door open by itself."""
    held = [(name, found.body[key]["extraArgs"]) for key, name in _KUBEADM.items()]
    held.append(("etcd", found.body.of("etcd", "local", "extraArgs")))
    held.append(("kubelet", found.body.of("nodeRegistration", "kubeletExtraArgs")))
    for name, arguments in held:
        flags = dict(_arguments(arguments))
        if flags:
            yield Daemon(found.at, name, _judged(flags))


def _arguments(field: Field) -> Iterator[tuple[str, Setting[str]]]:
    """A mapping up to v1beta3, a list of names and values from v1beta4."""
    for name, value in field.entries():
        yield name, value.word(value.here)
    for item in field.items():
        yield item["name"].text, item["value"].word(item.block)


def _static(name: str, pod: Pod, container: Container) -> Daemon:
    flags = dict(_flags(container))
    at = container.body.block
    options = _judged(flags)
    for option, default in _defaults(name, flags).items():
        options.setdefault(option, Setting(ABSENT, at, default))
    return Daemon(at, name, options)


def _flags(container: Container) -> Iterator[tuple[str, Setting[str]]]:
    for key in ("command", "args"):
        words = list(container.body[key].items())
        for number, word in enumerate(words):
            name, sign, value = word.text.partition("=")
            if not name.startswith("--"):
                continue
            following = words[number + 1].text if number + 1 < len(words) else ""
            if not sign:
                value = "true" if following.startswith("-") or not following else following
            at = word.named(f"{container.body.pointer}/{name.lstrip('-')}").here
            yield name.lstrip("-"), Setting(value if word.known else UNKNOWN, at)


def _defaults(name: str, flags: Flags) -> dict[str, str | Absent | Unknown]:
    """What a flag that is not given amounts to."""
    match name:
        case "kube-apiserver":
            elsewhere = "authorization-config" in flags
            logged = "audit-webhook-config-file" in flags
            return {
                "authorization-mode": UNKNOWN if elsewhere else "AlwaysAllow",
                "audit-log-path": UNKNOWN if logged else ABSENT,
                "profiling": "true",
            }
        case "etcd":
            return {
                "client-cert-auth": ABSENT if _beyond_loopback(flags, "listen-client-urls") else UNKNOWN,
                "peer-client-cert-auth": ABSENT if _beyond_loopback(flags, "listen-peer-urls") else UNKNOWN,
            }
        case _:
            return {"profiling": "true"}


def _beyond_loopback(flags: Flags, option: str) -> bool:
    setting = flags.get(option)
    urls = setting.known("") if setting is not None else ""
    return any(u and not any(h in u for h in ("//127.", "//localhost", "//[::1]")) for u in urls.split(","))


def _judged(flags: Flags) -> Flags:
    """The flags in the words that are judged: ports as open or closed, one mode among several."""
    found = dict(flags)
    for name in _PORTS & flags.keys():
        found[name] = opened(flags[name])
    mode = flags.get("authorization-mode")
    if mode is not None and "AlwaysAllow" in mode.known("").split(","):
        found["authorization-mode"] = Setting("AlwaysAllow", mode.at)
    return found


def opened(port: Setting[str]) -> Setting[str]:
    def word(value: str | Absent | Unknown) -> str | Absent | Unknown:
        return value if isinstance(value, (Absent, Unknown)) else "closed" if value == "0" else "open"

    return Setting(word(port.value), port.at, word(port.default))


def is_static(pod: Pod, container: Container) -> bool:
    """Whether it is a part of the control plane, which is judged as such."""
    return pod.owner.kind == "Pod" and pod.namespace == "kube-system" and program(container) in _STATIC

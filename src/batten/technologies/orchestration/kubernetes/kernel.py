"""What of their node pods are given beside their image: kernel settings, files of /proc, ports, profiles.

Sources: https://kubernetes.io/docs/concepts/security/pod-security-standards/ and
https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.model import UNKNOWN, Setting
from batten.technologies.orchestration.kubernetes.cluster import Container, Pod
from batten.technologies.orchestration.kubernetes.objects import Field

# What one pod sets for itself, and no other notices.
_SAFE = frozenset(
    (
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
    )
)  # fmt: skip
_SECCOMP = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_OF = "container.seccomp.security.alpha.kubernetes.io/"


def sysctls(pod: Pod) -> Iterator[Setting[str]]:
    """Kernel settings that the kubelet refuses unless its node allows them."""
    for item in pod.spec["securityContext"]["sysctls"].items():
        name = item["name"].text
        if item["name"].known and name and name.replace("/", ".") not in _SAFE:
            yield Setting(name, item.block)


def unmasked(container: Container) -> Setting[bool] | None:
    """procMount; None where the runtime masks what it masks for all."""
    field = container.body["securityContext"]["procMount"]
    if not field.exists:
        return None
    return Setting(field.text == "Unmasked" if field.known else UNKNOWN, field.here)


def host_process(pod: Pod, container: Container) -> Field | None:
    """hostProcess of Windows: the container is a process of the node, with its rights."""
    for holder in (container.body, pod.spec):
        field = holder["securityContext"]["windowsOptions"]["hostProcess"]
        if field.exists:
            return field if field.text == "true" else None
    return None


def selinux(pod: Pod, container: Container) -> Setting[str] | None:
    """The one type of SELinux that confines nothing; None for others."""
    kind = pod.security(container, "seLinuxOptions")["type"]
    return Setting("unconfined", kind.here) if kind.text == "spc_t" else None


def annotated_seccomp(pod: Pod, container: Container | None = None) -> Setting[str] | None:
    """A profile that is turned off the old way, for the pod or for one container, where no field says which: API servers since 1.27
    ignore the annotation, and then there is no profile either.

    Source: https://kubernetes.io/docs/reference/labels-annotations-taints/#seccomp-security-alpha-kubernetes-io-pod
    """
    if pod.spec["securityContext"]["seccompProfile"].exists:
        return None
    key = _SECCOMP if container is None else f"{_SECCOMP_OF}{container.own_name}"
    value = pod.annotations[key]
    return Setting("unconfined", value.here) if value.text == "unconfined" else None

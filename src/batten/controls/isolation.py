"""What of their host containers share: namespaces, folders, sockets and devices."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from batten.controls._hosted import hosted
from batten.controls._registry import control
from batten.controls.confinement import refused
from batten.facts import Mount, Workload
from batten.model import Bundle, Case, Per, Severity, Switch, TurnOff, Unpublish, Violation

_DOCKER = "https://docs.docker.com/reference/compose-file/services/"
_PODS = "https://kubernetes.io/docs/concepts/security/pod-security-standards/"
_SOCKETS = re.compile(
    r"/(?:docker|containerd|podman|crio|dockershim)(?:/\w+)?\.sock$|[\\/]pipe[\\/](?:docker_engine|containerd-\w+)$"
)
_HOST_PATHS = frozenset(
    (
        "/", "/etc", "/root", "/home", "/proc", "/sys", "/dev", "/boot", "/usr", "/bin", "/sbin", "/lib", "/lib64",
        "/var", "/var/run", "/run", "/var/lib", "/var/lib/docker", "/var/lib/docker/volumes", "/etc/docker",
        "/var/lib/kubelet", "/var/lib/containerd", "/run/containerd", "/etc/kubernetes", "/etc/shadow",
        "/etc/passwd", "/etc/sudoers", "/etc/ssh", "/etc/cron.d", "/var/spool/cron", "~", "~/.ssh", "~/.aws",
        "~/.kube", "~/.docker", "/root/.ssh", "/root/.aws", "/root/.kube",
    )
)  # fmt: skip
_HARMLESS = re.compile(
    r"/dev/(?:null|zero|full|u?random|tty|fuse|net/tun|dri\b.*|snd\b.*|nvidia.*|kfd)$|[^/].*=.*"
)
_RAW = re.compile(
    r"a\b|b \d|b \*|c \*:|/dev/?$|/dev/(?:mem|kmem|port|kmsg|sd|nvme|vd|xvd|hd|dm-|mapper|disk|loop|md\d)"
)


class ContainerHostIsolated(Case):
    SHARED = (
        "shared-namespace",
        "Remove the option, and publish or mount what the container needs of the host.",
        Per.THING,
    )
    SYSCTL = "unsafe-sysctl", "Remove the kernel setting, or set it on nodes of their own.", Per.THING
    PORT = "node-port", "Publish the port with a Service instead of hostPort.", Per.THING


@control(
    "Containers share no namespace with their host",
    Severity.HIGH,
    "V1 P2",
    f"{_DOCKER}#network_mode, {_PODS}",
)
def container_host_isolated(workload: Workload) -> Iterator[Violation]:
    """A container that shares the host's network, processes or users can see, and often reach, all that runs
    there."""
    for namespace in workload.host_namespaces:
        shared = namespace.known(None)
        if shared is not None:
            word = shared.value.removeprefix("host-")
            message = f"`{workload.name}` shares the host's {word} namespace" + refused(workload, shared)
            documented = word in hosted(workload.image.known("")).namespaces
            yield Violation(
                ContainerHostIsolated.SHARED,
                message,
                namespace.at,
                remedy=TurnOff(shared),
                severity=Severity.INFO if documented else None,
                bundle=Bundle.HOST if documented else None,
            )


@control(
    "Containers share no namespace with their host",
    Severity.HIGH,
    "V1 P2",
    slug="container-host-isolated",
)
def container_node_untouched(workload: Workload) -> Iterator[Violation]:
    """What a workload opens or changes on its node, other workloads of the node have to live with."""
    for sysctl in workload.sysctls:
        message = (
            f"`{workload.name}` sets the kernel setting `{sysctl.known('')}`, which is not one of its own"
        )
        yield Violation(
            ContainerHostIsolated.SYSCTL,
            message,
            sysctl.at,
            remedy=TurnOff(Switch.SYSCTL),
            severity=Severity.LOW,
        )
    for port in workload.node_ports:
        if port.is_known:
            message = f"`{workload.name}` opens port {port.known(0)} of its node"
            yield Violation(
                ContainerHostIsolated.PORT, message, port.at, remedy=Unpublish(), severity=Severity.LOW
            )


class ContainerMountsSafe(Case):
    SOCKET = (
        "engine-socket",
        "Remove the mount; use a proxy that allows only the API calls that are needed.",
        Per.THING,
    )
    SYSTEM_PATH = (
        "system-path",
        "Remove the mount, or mount the one folder that is needed read-only.",
        Per.THING,
    )
    NODE_PATH = "node-path", "Use a volume of the cluster instead of a folder of the node.", Per.THING
    UNMASKED = "unmasked-proc", "Remove the option, so that the runtime masks files of /proc.", Per.THING


@control(
    "Containers mount no engine socket and no system path of the host",
    Severity.CRITICAL,
    "V1 P2",
    "https://docs.docker.com/engine/security/protect-access/, CWE-668",
)
def container_mounts_safe(mount: Mount) -> Iterator[Violation]:
    """The engine's socket gives control of the host, read-only or not; a writable system folder lets the
    container change what the host runs."""
    source = mount.source.known("")
    if mount.kind not in ("bind", "npipe") or not source:
        return
    path, remedy, product = posixpath.normpath(source), TurnOff(Switch.MOUNT), hosted(mount.image)
    if _SOCKETS.search(path) and product.filters:
        message = f"`{product.name}` has the container engine's socket mounted"
        case, severity = ContainerMountsSafe.SOCKET, Severity.INFO
        yield Violation(case, message, mount.at, remedy=remedy, severity=severity, bundle=Bundle.HOST)
    elif _SOCKETS.search(path):
        message = f"the container engine's socket `{path}` is mounted, which gives control of the host"
        milder = Severity.HIGH if product.socket else None
        yield Violation(ContainerMountsSafe.SOCKET, message, mount.at, remedy=remedy, severity=milder)
    elif path in product.mounts and mount.read_only.effective is True:
        message = f"`{product.name}` has the host's `{path}` mounted read-only"
        case, severity = ContainerMountsSafe.SYSTEM_PATH, Severity.INFO
        yield Violation(case, message, mount.at, remedy=remedy, severity=severity, bundle=Bundle.HOST)
    elif path in _HOST_PATHS and mount.read_only.effective is True:
        message = f"the host's `{path}` is mounted read-only in the container"
        case, severity = ContainerMountsSafe.SYSTEM_PATH, Severity.MEDIUM
        yield Violation(case, message, mount.at, remedy=remedy, severity=severity)
    elif path in _HOST_PATHS:
        message = f"the host's `{path}` is mounted writable in the container"
        yield Violation(ContainerMountsSafe.SYSTEM_PATH, message, mount.at, remedy=remedy)
    elif mount.node and mount.read_only.effective is False and path not in product.mounts:
        message = f"the node's `{path}` is mounted writable in the container"
        case = ContainerMountsSafe.NODE_PATH
        yield Violation(case, message, mount.at, remedy=remedy, severity=Severity.LOW)


@control(
    "Containers mount no engine socket and no system path of the host",
    Severity.CRITICAL,
    "V1 P2",
    slug="container-mounts-safe",
)
def proc_masked(workload: Workload) -> Iterator[Violation]:
    """Files of /proc and /sys that runtimes mask show, and change, the kernel of the host."""
    unmasked = workload.unmasked
    if unmasked is not None and unmasked.known(False):
        message = f"`{workload.name}` sees the files of /proc that runtimes mask"
        remedy = TurnOff(Switch.UNMASKED_PROC)
        case = ContainerMountsSafe.UNMASKED
        yield Violation(case, message, unmasked.at, remedy=remedy, severity=Severity.MEDIUM)


class ContainerDevicesAbsent(Case):
    DEVICE = "host-device", "Remove the device.", Per.THING


@control("Containers have no host devices", Severity.HIGH, "V1 P2", f"{_DOCKER}#devices")
def container_devices_absent(workload: Workload) -> Iterator[Violation]:
    """A disk or the memory of the host, passed as a device, is read and written below every file permission."""
    for device in workload.devices:
        name = device.known("")
        if name and not _HARMLESS.match(name):
            message = f"`{workload.name}` has access to the host's device `{name}`"
            documented = name in hosted(workload.image.known("")).devices
            milder = Severity.INFO if documented else None if _RAW.match(name) else Severity.LOW
            yield Violation(
                ContainerDevicesAbsent.DEVICE,
                message,
                device.at,
                remedy=TurnOff(Switch.DEVICE),
                severity=milder,
                bundle=Bundle.HOST if documented else None,
            )

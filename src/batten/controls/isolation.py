"""What of their host containers share: namespaces, folders, sockets and devices."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from batten.controls._hardening import without
from batten.controls._intent import documented
from batten.controls._registry import control
from batten.controls.confinement import refused
from batten.facts import Daemon, Mount, Stack, Workload
from batten.model import Ask, Case, Per, Severity, Switch, TurnOff, Unpublish, Violation

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
_LISTS = frozenset(
    ("/etc/passwd", "/etc/group")
)  # read-only they give the names of users, which programs print
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
    explained=True,
)
def container_host_isolated(workload: Workload) -> Iterator[Violation]:
    """A container that shares the host's network, processes or users can see, and often reach, all that runs
    there."""
    for namespace in workload.host_namespaces:
        shared = namespace.known(None)
        if shared is not None and shared is not Switch.HOST_USERS:
            word = shared.value.removeprefix("host-")
            needs = workload.needs
            usual = Severity.LOW if shared is Switch.HOST_NETWORK else Severity.HIGH
            meant = documented(needs, needs is not None and word in needs.namespaces, usual)
            message = f"`{workload.name}` shares the host's {word} namespace{meant.clause}"
            yield Violation(
                ContainerHostIsolated.SHARED,
                message + refused(workload, shared),
                namespace.at,
                remedy=None
                if meant.bundle
                else without(
                    workload, shared, f"what of the host's {word} namespace does {workload.name} use?"
                ),
                severity=usual if meant.severity is None else meant.severity,
                bundle=meant.bundle,
                advice=meant.advice,
            )


@control(
    "Containers share no namespace with their host", Severity.HIGH, "V1 P2", slug="container-host-isolated"
)
def users_remapped(stack: Stack) -> Iterator[Violation]:
    """The engine's default is the host's users: to name it takes something away only where the daemon maps users to others."""
    options = (d.options["userns-remap"] for d in stack.of(Daemon) if "userns-remap" in d.options)
    if not any(option.known("") for option in options):
        return
    for workload in stack.of(Workload):
        for namespace in workload.host_namespaces:
            if namespace.known(None) is Switch.HOST_USERS:
                message = f"`{workload.name}` shares the host's users namespace, which the daemon keeps others out of"
                at, feature = namespace.at, Switch.HOST_USERS
                remedy = without(
                    workload, feature, f"which files of the host's users does {workload.name} write?"
                )
                meant = documented(
                    workload.needs,
                    bool(workload.needs and "users" in workload.needs.namespaces),
                    Severity.HIGH,
                )
                yield Violation(
                    ContainerHostIsolated.SHARED,
                    message + meant.clause,
                    at,
                    remedy=remedy,
                    severity=meant.severity,
                    bundle=meant.bundle,
                    advice=meant.advice,
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
            remedy=without(
                workload, Switch.SYSCTL, f"what does {workload.name} need this setting of the kernel for?"
            ),
            severity=Severity.LOW,
        )
    for port in workload.node_ports:
        if port.is_known:
            message = f"`{workload.name}` opens port {port.known(0)} of its node"
            yield Violation(
                ContainerHostIsolated.PORT,
                message,
                port.at,
                remedy=Ask(Unpublish(), f"who connects to {workload.name} through this port of the node?"),
                severity=Severity.LOW,
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
    explained=True,
)
def container_mounts_safe(mount: Mount) -> Iterator[Violation]:
    """The engine's socket gives control of the host, read-only or not; a writable system folder lets the
    container change what the host runs."""
    source = mount.source.known("")
    if mount.kind not in ("bind", "npipe") or not source:
        return
    path, needs, written = (
        posixpath.normpath(re.sub("^//+", "/", source)),
        mount.needs,
        mount.read_only.effective is not True,
    )
    if _SOCKETS.search(path):
        yield _socket(mount, path)
    elif path in _HOST_PATHS:
        given = needs is not None and (needs.writes(path) if written else needs.reads(path))
        usual = Severity.CRITICAL if written else Severity.LOW if path in _LISTS else Severity.MEDIUM
        meant, how = (
            documented(needs, given, usual, "written" if written else ""),
            "writable" if written else "read-only",
        )
        message = f"the host's `{path}` is mounted {how} in the container{meant.clause}"
        if meant.bundle and needs is not None:
            message = f"`{needs.product}` has the host's `{path}` mounted {how}{meant.clause}"
        elif written and needs is not None and needs.reads(path):
            message += f"; {needs.product} documents it read-only"
        yield Violation(
            ContainerMountsSafe.SYSTEM_PATH,
            message,
            mount.at,
            remedy=None
            if meant.bundle
            else Ask(
                TurnOff(Switch.MOUNT),
                f"which files below `{path}` does the container use, and does it write them?",
            ),
            severity=usual if meant.severity is None else meant.severity,
            bundle=meant.bundle,
            advice=meant.advice,
        )
    elif mount.node and mount.read_only.effective is False and not (mount.needs and mount.needs.reads(path)):
        message = f"the node's `{path}` is mounted writable in the container"
        case = ContainerMountsSafe.NODE_PATH
        remedy = Ask(TurnOff(Switch.MOUNT), f"what does the container keep in `{path}` of its node?")
        yield Violation(case, message, mount.at, remedy=remedy, severity=Severity.INFO)


def _socket(mount: Mount, path: str) -> Violation:
    """The engine's socket: what its vendor documents is milder, unless the documentation does not settle it."""
    needs = mount.needs
    meant = documented(
        needs, needs is not None and needs.socket and not needs.despite, Severity.HIGH, "socket"
    )
    message = (
        f"the container engine's socket `{path}` is mounted, which gives control of the host{meant.clause}"
    )
    milder = Severity.HIGH if meant.severity is None else meant.severity
    if meant.bundle and needs is not None:
        message = f"`{needs.product}` has the container engine's socket mounted{meant.clause}"
    elif needs is not None and needs.socket and needs.certain and needs.despite:
        message, milder = f"{message}; {needs.product} documents it, but {needs.despite}", Severity.HIGH
    return Violation(
        ContainerMountsSafe.SOCKET,
        message,
        mount.at,
        remedy=None
        if meant.bundle
        else Ask(
            TurnOff(Switch.MOUNT),
            "which calls of the engine's API does the container need? Give it a proxy that allows those alone",
        ),
        severity=milder,
        bundle=meant.bundle,
        advice=meant.advice,
    )


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
        remedy = without(
            workload, Switch.UNMASKED_PROC, f"which masked files of /proc and /sys does {workload.name} use?"
        )
        case = ContainerMountsSafe.UNMASKED
        yield Violation(case, message, unmasked.at, remedy=remedy, severity=Severity.MEDIUM)


class ContainerDevicesAbsent(Case):
    DEVICE = "host-device", "Remove the device.", Per.THING


@control(
    "Containers have no host devices",
    Severity.HIGH,
    "V1 P2",
    f"{_DOCKER}#devices",
    explained=True,
)
def container_devices_absent(workload: Workload) -> Iterator[Violation]:
    """A disk or the memory of the host, passed as a device, is read and written below every file permission."""
    for device in workload.devices:
        name = device.known("")
        if name and not _HARMLESS.match(name):
            message = f"`{workload.name}` has access to the host's device `{name}`"
            meant = documented(
                workload.needs, workload.needs is not None and name in workload.needs.devices, Severity.HIGH
            )
            milder = None if _RAW.match(name) else Severity.LOW
            yield Violation(
                ContainerDevicesAbsent.DEVICE,
                message + meant.clause,
                device.at,
                remedy=None
                if meant.bundle
                else without(
                    workload, Switch.DEVICE, f"what does {workload.name} do with the device `{name}`?"
                ),
                severity=milder if meant.severity is None else meant.severity,
                bundle=meant.bundle,
                advice=meant.advice,
            )

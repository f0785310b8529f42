"""How containers run: what they may do on their host, and what bounds them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from typing import Any

from batten.controls._registry import control
from batten.facts import Feature, Mount, Stack, Workload
from batten.model import (
    ABSENT,
    UNTOLD,
    Limit,
    Quantity,
    Remedy,
    RunAs,
    Setting,
    Severity,
    Switch,
    TurnOff,
    TurnOn,
    Violation,
)
from batten.model.record import record

DANGEROUS = frozenset(
    [
        "ALL",
        "SYS_ADMIN",
        "SYS_MODULE",
        "SYS_PTRACE",
        "SYS_RAWIO",
        "SYS_BOOT",
        "SYS_TIME",
        "SYS_RESOURCE",
        "DAC_READ_SEARCH",
        "NET_ADMIN",
        "BPF",
        "PERFMON",
        "MAC_ADMIN",
        "MAC_OVERRIDE",
        "SYSLOG",
        "LINUX_IMMUTABLE",
        "CHECKPOINT_RESTORE",
        "MKNOD",
        "AUDIT_CONTROL",
    ]
)
NOBODY = "10001:10001"
_DOCKER = "https://docs.docker.com/reference/compose-file/services/"
_PODS = "https://kubernetes.io/docs/concepts/security/pod-security-standards/"


@record
class DropCapabilities(Remedy):
    """Do not add these capabilities."""

    names: tuple[str, ...]


@record
class LimitAll(Remedy):
    """Several bounds at once."""

    limits: tuple[Limit, ...]


@record
class Row:
    """A control with one setting and one wrong value."""

    slug: str
    title: str
    severity: Severity
    references: str
    why: str
    setting: Callable[[Workload], Setting[Any] | None]
    wrong: object
    message: str  # {} is the workload's name
    remedy: Remedy
    absent: str = ""  # the message where nobody turned it off, but nothing turns it on; that is milder


_SWITCHES = (
    Row(
        "container-no-new-privileges",
        "Containers cannot gain privileges",
        Severity.MEDIUM,
        f"{_DOCKER}#security_opt, {_PODS}",
        "A set-user-id program inside a container gives whoever broke into it more rights than the service has.",
        lambda w: w.no_new_privileges,
        False,
        "`{}` may gain privileges through set-user-id programs",
        TurnOn(Switch.NO_NEW_PRIVILEGES),
    ),
    Row(
        "container-readonly-root",
        "The root file system of containers is read-only",
        Severity.LOW,
        f"{_DOCKER}#read_only, {_PODS}",
        "An intruder who can write to the root file system can change the program that answers everybody else.",
        lambda w: w.read_only_root,
        False,
        "`{}` can change its own programs: its root file system is writable",
        TurnOn(Switch.READ_ONLY_ROOT),
    ),
    Row(
        "container-seccomp",
        "Seccomp and AppArmor or SELinux confine containers",
        Severity.MEDIUM,
        f"https://docs.docker.com/engine/security/seccomp/, {_PODS}",
        "The default profiles refuse system calls that services do not need and exploits do.",
        lambda w: w.seccomp,
        "unconfined",
        "`{}` may make any system call: its seccomp profile is turned off",
        TurnOff(Switch.SECCOMP_UNCONFINED),
        "`{}` has no seccomp profile: it may make any system call, unless its nodes set a default",
    ),
    Row(
        "container-seccomp",
        "Seccomp and AppArmor or SELinux confine containers",
        Severity.MEDIUM,
        "https://docs.docker.com/engine/security/apparmor/",
        "The default profiles refuse what services do not need and exploits do.",
        lambda w: w.apparmor,
        "unconfined",
        "`{}` is not confined by AppArmor or SELinux",
        TurnOff(Switch.APPARMOR_UNCONFINED),
    ),
)


def _judge(row: Row) -> Callable[[Workload], Iterator[Violation]]:
    def judge(workload: Workload) -> Iterator[Violation]:
        setting = row.setting(workload)
        if setting is not None and setting.effective == row.wrong:
            absent = row.absent and not setting.written
            message = row.absent if absent else row.message
            severity = Severity.LOW if absent else None
            yield Violation(UNTOLD, message.format(workload.name), setting.at, row.remedy, severity)

    judge.__doc__ = row.why
    return judge


for _row in _SWITCHES:
    control(_row.title, _row.severity, "V1 P2", _row.references, slug=_row.slug)(_judge(_row))


@control(
    "Containers have no privileges they do not need",
    Severity.HIGH,
    "V1 P2",
    f"{_DOCKER}#privileged, {_PODS}, CWE-250",
)
def container_unprivileged(workload: Workload) -> Iterator[Violation]:
    """A privileged container is root on its host; each capability left over is a step towards that."""
    name = workload.name
    if workload.privileged.effective is True:
        yield Violation(
            UNTOLD,
            f"`{name}` runs privileged: whoever breaks into it owns the host",
            workload.privileged.at,
            TurnOff(Switch.PRIVILEGED),
        )
    dangerous = tuple(c for c in workload.added_capabilities.known(()) if c in DANGEROUS)
    if dangerous:
        yield Violation(
            UNTOLD,
            f"`{name}` is given {', '.join(dangerous)}, which reach beyond the container",
            workload.added_capabilities.at,
            DropCapabilities(dangerous),
            Severity.MEDIUM if dangerous == ("NET_ADMIN",) else None,
        )
    dropped = workload.dropped_capabilities
    if dropped.is_known and "ALL" not in dropped.known(()):
        yield Violation(
            UNTOLD,
            f"`{name}` keeps capabilities that it was never asked to need",
            dropped.at,
            TurnOn(Switch.CAP_DROP_ALL),
            Severity.LOW,
        )


@control("Containers do not run as root", Severity.MEDIUM, "V1 P2", f"{_DOCKER}#user, {_PODS}, CWE-250")
def container_not_root(workload: Workload) -> Iterator[Violation]:
    """Root in a container is root in the kernel; one flaw there, or one mount, and it is root on the host."""
    user = workload.user.known("").split(":")[0]
    windows = user.rpartition("\\")[2].lower() == "containeradministrator"
    if user in ("root", "0") or windows:
        who = "administrator" if windows else "root"
        how = f"runs as {who}" if workload.user.written else f"runs as {who}, as its image does"
        yield Violation(
            UNTOLD,
            f"`{workload.name}` {how}",
            workload.user.at,
            RunAs("ContainerUser" if windows else NOBODY),
        )


@control("Containers do not run as root", Severity.MEDIUM, "V1 P2", slug="container-not-root")
def root_refused(workload: Workload) -> Iterator[Violation]:
    """Whether the image runs as root is then its maker's word, and may change with the next version."""
    refused = workload.root_refused
    if refused is not None and refused.effective is False:
        message = f"nothing keeps `{workload.name}` from running as root, if its image does"
        yield Violation(UNTOLD, message, refused.at, TurnOn(Switch.RUN_AS_NON_ROOT), Severity.LOW)


@control("Containers do not run as root", Severity.MEDIUM, "V1 P2", slug="container-not-root")
def server_not_root(feature: Feature) -> Iterator[Violation]:
    """A server that was told to run as root: whoever gets into it is root where it runs."""
    if feature.name is Switch.ROOT_WORKER and feature.on.known(False):
        yield Violation(UNTOLD, f"{feature.what} as root", feature.on.at, RunAs(NOBODY))


@control(
    "Containers share no namespace with their host",
    Severity.HIGH,
    "V1 P2",
    f"{_DOCKER}#network_mode, {_PODS}",
)
def container_host_isolated(workload: Workload) -> Iterator[Violation]:
    """What shares the host's network, processes or users sees, and often reaches, all that runs there."""
    for namespace in workload.host_namespaces:
        shared = namespace.known(None)
        if shared is not None:
            word = shared.value.removeprefix("host-")
            yield Violation(
                UNTOLD,
                f"`{workload.name}` shares the host's {word} namespace",
                namespace.at,
                TurnOff(shared),
            )


_SOCKETS = re.compile(
    r"/(?:docker|containerd|podman|crio|dockershim)(?:/\w+)?\.sock$|[\\/]pipe[\\/](?:docker_engine|containerd-\w+)$"
)
_HOST_PATHS = frozenset(
    [
        "/",
        "/etc",
        "/root",
        "/home",
        "/proc",
        "/sys",
        "/dev",
        "/boot",
        "/usr",
        "/bin",
        "/sbin",
        "/lib",
        "/lib64",
        "/var",
        "/var/run",
        "/run",
        "/var/lib",
        "/var/lib/docker",
        "/var/lib/docker/volumes",
        "/etc/docker",
        "/var/lib/kubelet",
        "/var/lib/containerd",
        "/run/containerd",
        "/etc/kubernetes",
        "/etc/shadow",
        "/etc/passwd",
        "/etc/sudoers",
        "/etc/ssh",
        "/etc/cron.d",
        "/var/spool/cron",
        "~",
        "~/.ssh",
        "~/.aws",
        "~/.kube",
        "~/.docker",
        "/root/.ssh",
        "/root/.aws",
        "/root/.kube",
    ]
)


@control(
    "Containers mount nothing that gives the host away",
    Severity.CRITICAL,
    "V1 P2",
    "https://docs.docker.com/engine/security/protect-access/, CWE-668",
)
def container_mounts_safe(mount: Mount) -> Iterator[Violation]:
    """Docker's socket commands the host, read-only or not; a writable system folder lets it be changed."""
    source = mount.source.known("")
    if mount.kind not in ("bind", "npipe") or not source:
        return
    path = posixpath.normpath(source)
    if _SOCKETS.search(path):
        message = f"the container engine's socket `{path}` is mounted: it commands the host, read-only or not"
        yield Violation(UNTOLD, message, mount.at, TurnOff(Switch.MOUNT))
    elif path in _HOST_PATHS:
        writable = mount.read_only.effective is not True
        how = "writable" if writable else "readable"
        yield Violation(
            UNTOLD,
            f"the host's `{path}` is mounted, {how} in the container",
            mount.at,
            TurnOff(Switch.MOUNT),
            None if writable else Severity.MEDIUM,
        )


_HARMLESS = re.compile(
    r"/dev/(?:null|zero|full|u?random|tty|fuse|net/tun|dri\b.*|snd\b.*|nvidia.*|kfd)$|[^/].*=.*"
)
_RAW = re.compile(
    r"a\b|b \d|b \*|c \*:|/dev/?$|/dev/(?:mem|kmem|port|kmsg|sd|nvme|vd|xvd|hd|dm-|mapper|disk|loop|md\d)"
)


@control("Containers are given no host device", Severity.HIGH, "V1 P2", f"{_DOCKER}#devices")
def container_devices_absent(workload: Workload) -> Iterator[Violation]:
    """A disk or the memory of the host as a device is read and written past every file permission."""
    for device in workload.devices:
        name = device.known("")
        if name and not _HARMLESS.match(name):
            yield Violation(
                UNTOLD,
                f"`{workload.name}` is given the host's device `{name}`",
                device.at,
                TurnOff(Switch.DEVICE),
                None if _RAW.match(name) else Severity.LOW,
            )


_BOUNDS = ((Quantity.MEMORY, "512m"), (Quantity.CPU, "1.0"), (Quantity.PIDS, "200"))


@control(
    "Containers are bounded in memory, processors and processes",
    Severity.LOW,
    "V1 P2",
    f"{_DOCKER}#mem_limit, https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
)
def container_limited(workload: Workload) -> Iterator[Violation]:
    """One container without bounds can starve all others on its host, by a leak or on an attacker's wish."""
    settings = (workload.memory, workload.cpus, workload.pids)
    missing = tuple(
        Limit(resource, amount)
        for (resource, amount), setting in zip(_BOUNDS, settings, strict=True)
        if setting is not None and setting.effective is ABSENT
    )
    if missing:
        words = ", ".join(limit.resource.value for limit in missing)
        yield Violation(UNTOLD, f"`{workload.name}` has no bound on: {words}", workload.at, LimitAll(missing))


@control("Containers have a health check", Severity.INFO, "P2 P4", f"{_DOCKER}#healthcheck")
def container_health_checked(stack: Stack) -> Iterator[Violation]:
    """A service that hangs without dying is neither restarted nor taken out of service."""
    checked = {
        w.dockerfile for w in stack.of(Workload) if w.health is not None and w.health.effective is True
    }
    for workload in stack.of(Workload):
        if workload.health is None or workload.health.effective is not False or workload.at.source in checked:
            continue
        how = "has its health check turned off" if workload.health.written else "has no health check"
        yield Violation(UNTOLD, f"`{workload.name}` {how}", workload.health.at, TurnOn(Switch.HEALTH_CHECK))

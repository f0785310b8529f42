"""How containers are built, run and joined."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from typing import Any

from batten.controls._registry import control
from batten.facts import BuildContext, BuildStep, Image, Mount, Network, PublishedPort, Stack, Store, Workload
from batten.model import (
    ABSENT,
    Bind,
    DenyPaths,
    Kind,
    Limit,
    Pin,
    Remedy,
    RunAs,
    Setting,
    Severity,
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


@record
class DropCapabilities(Remedy):
    """Do not add these capabilities."""

    names: tuple[str, ...]


@record
class LimitAll(Remedy):
    """Several bounds at once."""

    limits: tuple[Limit, ...]


@record
class Switch:
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


_SWITCHES = (
    Switch(
        "container-no-new-privileges",
        "Containers cannot gain privileges",
        Severity.MEDIUM,
        f"{_DOCKER}#security_opt",
        "A set-user-id program inside a container gives whoever broke into it more rights than the service has.",
        lambda w: w.no_new_privileges,
        False,
        "`{}` may gain privileges through set-user-id programs",
        TurnOn("no-new-privileges"),
    ),
    Switch(
        "container-readonly-root",
        "The root file system of containers is read-only",
        Severity.LOW,
        f"{_DOCKER}#read_only",
        "An intruder who can write to the root file system can change the program that answers everybody else.",
        lambda w: w.read_only_root,
        False,
        "`{}` can change its own programs: its root file system is writable",
        TurnOn("read-only-root"),
    ),
    Switch(
        "container-seccomp",
        "Seccomp and AppArmor or SELinux confine containers",
        Severity.MEDIUM,
        "https://docs.docker.com/engine/security/seccomp/",
        "The default profiles refuse system calls that services do not need and exploits do.",
        lambda w: w.seccomp,
        "unconfined",
        "`{}` may make any system call: its seccomp profile is turned off",
        TurnOff("seccomp-unconfined"),
    ),
    Switch(
        "container-seccomp",
        "Seccomp and AppArmor or SELinux confine containers",
        Severity.MEDIUM,
        "https://docs.docker.com/engine/security/apparmor/",
        "The default profiles refuse what services do not need and exploits do.",
        lambda w: w.apparmor,
        "unconfined",
        "`{}` is not confined by AppArmor or SELinux",
        TurnOff("apparmor-unconfined"),
    ),
)


def _judge(row: Switch) -> Callable[[Workload], Iterator[Violation]]:
    def judge(workload: Workload) -> Iterator[Violation]:
        setting = row.setting(workload)
        if setting is not None and setting.effective == row.wrong:
            yield Violation(row.message.format(workload.name), setting.at, row.remedy)

    judge.__doc__ = row.why
    return judge


for _row in _SWITCHES:
    control(_row.title, _row.severity, "V1 P2", _row.references, slug=_row.slug)(_judge(_row))


@control(
    "Containers have no privileges they do not need", Severity.HIGH, "V1 P2", f"{_DOCKER}#privileged, CWE-250"
)
def container_unprivileged(workload: Workload) -> Iterator[Violation]:
    """A privileged container is root on its host; each capability left over is a step towards that."""
    name = workload.name
    if workload.privileged.effective is True:
        yield Violation(
            f"`{name}` runs privileged: whoever breaks into it owns the host",
            workload.privileged.at,
            TurnOff("privileged"),
        )
    dangerous = tuple(c for c in workload.added_capabilities.known(()) if c in DANGEROUS)
    if dangerous:
        yield Violation(
            f"`{name}` is given {', '.join(dangerous)}, which reach beyond the container",
            workload.added_capabilities.at,
            DropCapabilities(dangerous),
            Severity.MEDIUM if dangerous == ("NET_ADMIN",) else None,
        )
    dropped = workload.dropped_capabilities
    if dropped.is_known and "ALL" not in dropped.known(()):
        yield Violation(
            f"`{name}` keeps capabilities that it was never asked to need",
            dropped.at,
            TurnOn("cap-drop-all"),
            Severity.LOW,
        )


@control("Containers do not run as root", Severity.MEDIUM, "V1 P2", f"{_DOCKER}#user, CWE-250")
def container_not_root(workload: Workload) -> Iterator[Violation]:
    """Root in a container is root in the kernel; one flaw there, or one mount, and it is root on the host."""
    user = workload.user.known("")
    if user.split(":")[0] in ("root", "0"):
        how = "runs as root" if workload.user.written else "runs as root, as its image does"
        yield Violation(f"`{workload.name}` {how}", workload.user.at, RunAs(NOBODY))


@control("Containers share no namespace with their host", Severity.HIGH, "V1 P2", f"{_DOCKER}#network_mode")
def container_host_isolated(workload: Workload) -> Iterator[Violation]:
    """What shares the host's network, processes or users sees, and often reaches, all that runs there."""
    for namespace in workload.host_namespaces:
        word = namespace.known("")
        if word:
            yield Violation(
                f"`{workload.name}` shares the host's {word} namespace", namespace.at, TurnOff(f"host-{word}")
            )


_SOCKETS = re.compile(r"/(?:docker|containerd|podman|crio|dockershim)(?:/\w+)?\.sock$")
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
    if mount.kind != "bind" or not source:
        return
    path = posixpath.normpath(source)
    if _SOCKETS.search(path):
        message = f"the container engine's socket `{path}` is mounted: it commands the host, read-only or not"
        yield Violation(message, mount.at, TurnOff("mount"))
    elif path in _HOST_PATHS:
        writable = mount.read_only.effective is not True
        how = "writable" if writable else "readable"
        yield Violation(
            f"the host's `{path}` is mounted, {how} in the container",
            mount.at,
            TurnOff("mount"),
            None if writable else Severity.MEDIUM,
        )


_HARMLESS = re.compile(
    r"/dev/(?:null|zero|full|u?random|tty|fuse|net/tun|dri\b.*|snd\b.*|nvidia.*|kfd)$|[^/].*=.*"
)
_RAW = re.compile(r"/dev/?$|/dev/(?:mem|kmem|port|kmsg|sd|nvme|vd|xvd|hd|dm-|mapper|disk|loop|md\d)")


@control("Containers are given no host device", Severity.HIGH, "V1 P2", f"{_DOCKER}#devices")
def container_devices_absent(workload: Workload) -> Iterator[Violation]:
    """A disk or the memory of the host as a device is read and written past every file permission."""
    for device in workload.devices:
        name = device.known("")
        if name and not _HARMLESS.match(name):
            yield Violation(
                f"`{workload.name}` is given the host's device `{name}`",
                device.at,
                TurnOff("device"),
                None if _RAW.match(name) else Severity.LOW,
            )


_BOUNDS = (("memory", "512m"), ("cpu", "1.0"), ("pids", "200"))


@control(
    "Containers are bounded in memory, processors and processes",
    Severity.LOW,
    "V1 P2",
    f"{_DOCKER}#mem_limit",
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
        words = ", ".join(limit.resource for limit in missing)
        yield Violation(f"`{workload.name}` has no bound on: {words}", workload.at, LimitAll(missing))


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
        yield Violation(f"`{workload.name}` {how}", workload.health.at, TurnOn("health-check"))


_FLOATING = frozenset(
    [
        "latest",
        "stable",
        "edge",
        "main",
        "master",
        "mainline",
        "nightly",
        "dev",
        "develop",
        "development",
        "current",
        "lts",
        "rolling",
        "canary",
        "beta",
        "alpha",
        "testing",
        "unstable",
        "next",
        "snapshot",
        "alpine",
        "slim",
        "debian",
        "ubuntu",
    ]
)


@control(
    "Images are named by version",
    Severity.MEDIUM,
    "V2 P2",
    "https://docs.docker.com/build/building/best-practices/#pin-base-image-versions",
)
def image_pinned(image: Image) -> Iterator[Violation]:
    """A tag like `latest` is another image tomorrow: what was reviewed is not what will run."""
    if image.stage or image.built_here or image.digest or not image.name or not image.reference.is_known:
        return
    if not image.tag:
        yield Violation(f"the image `{image.name}` is named without a version", image.reference.at, Pin())
    elif image.tag.lower() in _FLOATING:
        message = f"the tag `{image.tag}` of the image `{image.name}` moves"
        yield Violation(message, image.reference.at, Pin())


_STEPS = {
    "remote-script": "a script is fetched and run without a look at it",
    "add-url": "ADD fetches a file that nothing verifies: give it --checksum",
    "sudo": "sudo in a build gives the image a way back to root",
    "package-unverified": "packages are installed or fetched without verification",
    "package-cache": "package lists stay in the image",
    "world-writable": "files are made writable for every user",
    "add-local": "ADD unpacks and fetches; COPY only copies",
}
_MILD = frozenset(("package-cache", "add-local"))
_KEPT_OUT = (".git", ".env", ".env.*", "**/.*_history", "**/*.pem", "**/*.key")


@control("Images are built from what is known", Severity.LOW, "V1 V2 P2", "CWE-494")
def image_trusted_build(step: BuildStep) -> Iterator[Violation]:
    """Whoever controls what a build fetches unverified controls every container made from it."""
    if step.weakness in _STEPS:
        severity = Severity.INFO if step.weakness in _MILD else None
        yield Violation(_STEPS[step.weakness], step.at, TurnOff(step.weakness), severity)


@control("Images are built from what is known", Severity.LOW, "V1 V2 P2", slug="image-trusted-build")
def build_context_narrow(context: BuildContext) -> Iterator[Violation]:
    """What is copied without an ignore file takes keys, histories and the repository along."""
    if context.sensitive:
        some = ", ".join(context.sensitive[:3]) + (" …" if len(context.sensitive) > 3 else "")
        yield Violation(
            f"files that nobody should get are copied into the image: {some}",
            context.at,
            DenyPaths(context.sensitive),
        )
    elif context.copies_all and not context.ignore_file.written:
        message = "everything here is copied into the image, and no .dockerignore keeps anything out"
        yield Violation(message, context.at, DenyPaths(_KEPT_OUT))


_EDGES = frozenset(
    [
        "nginx",
        "nginxinc/nginx-unprivileged",
        "haproxy",
        "httpd",
        "traefik",
        "envoyproxy/envoy",
        "caddy",
        "kong",
        "kong/kong",
        "apache/apisix",
        "jwilder/nginx-proxy",
        "nginxproxy/nginx-proxy",
        "openresty/openresty",
    ]
)


def _is_edge(workload: Workload) -> bool:
    name = workload.image.known("").partition("@")[0]
    path, _, last = name.rpartition("/")
    name = f"{path}/{last.partition(':')[0]}" if path else last.partition(":")[0]
    return name.removeprefix("docker.io/").removeprefix("library/") in _EDGES


def _beside(one: str, two: str) -> bool:
    return posixpath.dirname(one) == posixpath.dirname(two)


@control(
    "Networks keep stores apart from the outside",
    Severity.MEDIUM,
    "V1 P2",
    "https://docs.docker.com/reference/compose-file/networks/#internal",
)
def network_segmented(stack: Stack) -> Iterator[Violation]:
    """A store on a network that leads outside is one mistake, such as a published port, from everybody."""
    stores = {s.service: s for s in stack.of(Store) if s.service}
    published = {p.service for p in stack.of(PublishedPort) if _public(p)}
    for network in stack.of(Network):
        inside = [
            n for n in network.services if n in stores and _beside(stores[n].at.source, network.at.source)
        ]
        if network.internal.effective is not False or not inside:
            continue
        others = [n for n in network.services if n in published and n not in stores]
        if network.internal.at.kind is Kind.BLOCK and network.name == "default" and not others:
            continue
        what = f"the network `{network.name}`, which is not internal, holds the store `{inside[0]}`"
        if others:
            yield Violation(f"{what} together with the published `{others[0]}`", network.internal.at)
        else:
            yield Violation(what, network.internal.at, TurnOn("internal"))


def _public(port: PublishedPort) -> bool:
    """Published where other machines can reach it; an address that is not known counts as not."""
    address = port.host_address.known("127.0.0.1")
    return not (address.startswith("127.") or address in ("::1", "localhost"))


@control(
    "Only what must be reached is published",
    Severity.HIGH,
    "V1 P2",
    "https://docs.docker.com/engine/network/packet-filtering-firewalls/, CWE-668",
)
def port_exposure_minimal(port: PublishedPort) -> Iterator[Violation]:
    """Docker publishes past the host's firewall: a port on all addresses is open to whoever reaches the host."""
    if port.admin and _public(port):
        where = port.host_address.known("")
        message = f"port {port.container_port} ({port.admin}) of `{port.service}` is published on {where}"
        yield Violation(message, port.at, Bind())


@control("Only what must be reached is published", Severity.HIGH, "V1 P2", slug="port-exposure-minimal")
def edge_not_bypassed(stack: Stack) -> Iterator[Violation]:
    """A service published beside its edge is reached without the edge's TLS, limits and log."""
    workloads = list(stack.of(Workload))
    edges = [w for w in workloads if _is_edge(w) and any(_public(p) for p in w.ports)]
    for edge in edges:
        for other in workloads:
            if _is_edge(other) or other.name not in edge.depends_on or other.at.source != edge.at.source:
                continue
            for port in other.ports:
                if _public(port) and not port.admin:
                    message = f"`{other.name}` is published beside `{edge.name}`: callers can go around it"
                    yield Violation(message, port.at, Bind(), Severity.MEDIUM)

"""How containers run: their privileges, and what limits them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from batten.controls._registry import control
from batten.facts import Feature, Stack, Store, Workload
from batten.model import (
    ABSENT,
    Bundle,
    Case,
    Limit,
    Per,
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

# Capabilities that reach beyond the container, or equal root.
DANGEROUS = frozenset(
    (
        "ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO", "SYS_BOOT", "SYS_TIME", "SYS_RESOURCE",
        "DAC_READ_SEARCH", "NET_ADMIN", "BPF", "PERFMON", "MAC_ADMIN", "MAC_OVERRIDE", "SYSLOG",
        "LINUX_IMMUTABLE", "CHECKPOINT_RESTORE", "MKNOD", "AUDIT_CONTROL",
    )
)  # fmt: skip
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

    bundles: ClassVar[bool] = True
    limits: tuple[Limit, ...]


class ContainerNoNewPrivileges(Case):
    ALLOWED = (
        "privilege-gain-allowed",
        "Forbid privilege gain (no-new-privileges; allowPrivilegeEscalation: false in Kubernetes).",
        Per.DECISION,
        "privilege gain",
    )


class ContainerReadonlyRoot(Case):
    WRITABLE = (
        "writable",
        "Make the root file system read-only, and mount a volume or tmpfs where the service writes.",
        Per.DECISION,
        "writable root file system",
    )


class ContainerSeccomp(Case):
    OFF = (
        "seccomp-off",
        "Remove the unconfined profile, or name the runtime's default profile.",
        Per.DECISION,
        "seccomp off",
    )
    UNSET = (
        "seccomp-unset",
        "Set the seccomp profile to the runtime's default.",
        Per.DECISION,
        "no seccomp profile",
    )
    LSM = (
        "apparmor-or-selinux-off",
        "Remove the option that turns AppArmor or SELinux off.",
        Per.DECISION,
        "no AppArmor or SELinux",
    )


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
    case: Case
    message: str  # {} is the workload's name
    remedy: Remedy
    absent: tuple[Case, str] | None = None  # where nothing turned it off, but nothing turns it on; milder
    seldom: bool = False  # told only, where Docker's engine starts the container


_ROWS = (
    Row(
        "container-no-new-privileges",
        "Containers cannot gain privileges",
        Severity.LOW,
        f"{_DOCKER}#security_opt, {_PODS}",
        "A set-user-id program gives an intruder more rights than the service has.",
        lambda w: w.no_new_privileges,
        False,
        ContainerNoNewPrivileges.ALLOWED,
        "`{}` may gain privileges through set-user-id programs",
        TurnOn(Switch.NO_NEW_PRIVILEGES),
    ),
    Row(
        "container-readonly-root",
        "The root file system of containers is read-only",
        Severity.LOW,
        f"{_DOCKER}#read_only, {_PODS}",
        "An intruder who can write to the root file system can replace the program that serves everyone else.",
        lambda w: w.read_only_root,
        False,
        ContainerReadonlyRoot.WRITABLE,
        "the root file system of `{}` is writable",
        TurnOn(Switch.READ_ONLY_ROOT),
        seldom=True,
    ),
    Row(
        "container-seccomp",
        "Seccomp and AppArmor or SELinux confine containers",
        Severity.MEDIUM,
        f"https://docs.docker.com/engine/security/seccomp/, {_PODS}",
        "The default profiles deny system calls that services do not use and exploits do.",
        lambda w: w.seccomp,
        "unconfined",
        ContainerSeccomp.OFF,
        "the seccomp profile of `{}` is turned off, which allows every system call",
        TurnOff(Switch.SECCOMP_UNCONFINED),
        (ContainerSeccomp.UNSET, "`{}` has no seccomp profile, unless its nodes set a default"),
    ),
    Row(
        "container-seccomp",
        "Seccomp and AppArmor or SELinux confine containers",
        Severity.MEDIUM,
        "https://docs.docker.com/engine/security/apparmor/",
        "The default profiles deny accesses that services do not use and exploits do.",
        lambda w: w.apparmor,
        "unconfined",
        ContainerSeccomp.LSM,
        "`{}` is not confined by AppArmor or SELinux",
        TurnOff(Switch.APPARMOR_UNCONFINED),
    ),
)


def _milder(workload: Workload) -> Severity | None:
    """Of what Docker's engine, which alone bounds processes, does by default: Compose files hold mostly images of others,
    and who runs those keeps its defaults (docs/precision.md). Orchestrators have a profile that asks for more."""
    return Severity.INFO if workload.pids is not None else None


def _of_others(workload: Workload) -> Severity | None:
    return Severity.INFO if workload.theirs and workload.pids is not None else None


def _judge(row: Row) -> Callable[[Workload], Iterator[Violation]]:
    def judge(workload: Workload) -> Iterator[Violation]:
        setting = row.setting(workload)
        if setting is None or setting.effective != row.wrong:
            return
        case, message = row.case, row.message
        severity = _milder(workload) if row.seldom else _of_others(workload) if not setting.written else None
        if row.absent is not None and not setting.written:
            (case, message), severity = row.absent, Severity.LOW
        yield Violation(case, message.format(workload.name), setting.at, remedy=row.remedy, severity=severity)

    judge.__doc__ = row.why
    return judge


for _row in _ROWS:
    control(
        _row.title,
        _row.severity,
        "V1 P2",
        _row.references,
        slug=_row.slug,
        private=Severity.LOW,
        bundle=Bundle.HARDENING,
    )(_judge(_row))


class ContainerUnprivileged(Case):
    PRIVILEGED = "privileged", "Run it unprivileged, and add the single capability that it needs.", Per.THING
    DANGEROUS = "dangerous-capability", "Remove these capabilities.", Per.THING
    DEFAULTS = (
        "default-capabilities",
        "Drop ALL capabilities and add back those that are needed.",
        Per.DECISION,
        "default capabilities",
    )


@control(
    "Containers run unprivileged, with only the capabilities they need",
    Severity.HIGH,
    "V1 P2",
    f"{_DOCKER}#privileged, {_PODS}, CWE-250",
    bundle=Bundle.HARDENING,
)
def container_unprivileged(workload: Workload) -> Iterator[Violation]:
    """A privileged container is root on its host; each capability that is added or kept is a step towards it."""
    name = workload.name
    if workload.privileged.effective is True:
        message, at = f"`{name}` runs privileged, with full access to its host", workload.privileged.at
        yield Violation(ContainerUnprivileged.PRIVILEGED, message, at, remedy=TurnOff(Switch.PRIVILEGED))
    dangerous = tuple(c for c in workload.added_capabilities.known(()) if c in DANGEROUS)
    if dangerous:
        own = dangerous == ("NET_ADMIN",) and not workload.host_namespaces
        reach = "give control of its network" if own else "reach beyond the container"
        message = f"`{name}` has capabilities that {reach}: {', '.join(dangerous)}"
        milder = Severity.LOW if own else Severity.MEDIUM if dangerous == ("NET_ADMIN",) else None
        at, remedy = workload.added_capabilities.at, DropCapabilities(dangerous)
        yield Violation(ContainerUnprivileged.DANGEROUS, message, at, remedy=remedy, severity=milder)
    dropped = workload.dropped_capabilities
    if dropped.is_known and "ALL" not in dropped.known(()):
        case, message = ContainerUnprivileged.DEFAULTS, f"`{name}` keeps the engine's default capabilities"
        severity = Severity.LOW if workload.pids is None else Severity.INFO
        yield Violation(case, message, dropped.at, remedy=TurnOn(Switch.CAP_DROP_ALL), severity=severity)


class ContainerNotRoot(Case):
    ROOT = "root", "Run it as an unprivileged user with a numeric ID."
    ALLOWED = (
        "root-allowed",
        "Set runAsNonRoot, so that the kubelet refuses an image that runs as root.",
        Per.DECISION,
        "root not refused",
    )
    WORKER = "root-worker", "Run the server's workers as an unprivileged user."


@control(
    "Containers do not run as root",
    Severity.MEDIUM,
    "V1 P2",
    f"{_DOCKER}#user, {_PODS}, CWE-250",
    private=Severity.LOW,
    bundle=Bundle.HARDENING,
)
def container_not_root(workload: Workload) -> Iterator[Violation]:
    """Root in a container is root to the kernel: one kernel flaw or one careless mount makes it root on the
    host."""
    if workload.once:  # it prepares what others run with, as an owner of their files
        return
    user = workload.user.known("").split(":")[0]
    windows = user.rpartition("\\")[2].lower() == "containeradministrator"
    if user in ("root", "0") or windows:
        who = "administrator" if windows else "root"
        how = f"runs as {who}" if workload.user.written else f"runs as {who}, its image's default"
        remedy = RunAs("ContainerUser" if windows else NOBODY)
        yield Violation(ContainerNotRoot.ROOT, f"`{workload.name}` {how}", workload.user.at, remedy=remedy)


@control(
    "Containers do not run as root",
    Severity.MEDIUM,
    "V1 P2",
    slug="container-not-root",
    bundle=Bundle.HARDENING,
)
def root_refused(workload: Workload) -> Iterator[Violation]:
    """The next version of an image may run as root, and nothing would prevent it."""
    refused = workload.root_refused
    if refused is not None and refused.effective is False:
        message = f"`{workload.name}` may run as root: `runAsNonRoot` is not set"
        remedy = TurnOn(Switch.RUN_AS_NON_ROOT)
        yield Violation(ContainerNotRoot.ALLOWED, message, refused.at, remedy=remedy, severity=Severity.LOW)


@control("Containers do not run as root", Severity.MEDIUM, "V1 P2", slug="container-not-root")
def server_not_root(feature: Feature) -> Iterator[Violation]:
    """An intruder in a server whose workers run as root is root on its machine."""
    if feature.name is Switch.ROOT_WORKER and feature.on.known(False):
        yield Violation(
            ContainerNotRoot.WORKER, f"{feature.what} as root", feature.on.at, remedy=RunAs(NOBODY)
        )


_BOUNDS = ((Quantity.MEMORY, "512m"), (Quantity.CPU, "1.0"), (Quantity.PIDS, "200"))


class ContainerLimited(Case):
    UNLIMITED = "no-limit", "Set limits for memory, CPU and processes.", Per.DECISION, "no memory limit"


@control(
    "Containers have limits on memory, CPU and processes",
    Severity.LOW,
    "V1 P2",
    f"{_DOCKER}#mem_limit, https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
    bundle=Bundle.HARDENING,
)
def container_limited(workload: Workload) -> Iterator[Violation]:
    """A container without limits can starve all others on its host, through a leak or an attack."""
    settings = (workload.memory, workload.cpus, workload.pids)
    missing = tuple(
        Limit(resource, amount)
        for (resource, amount), setting in zip(_BOUNDS, settings, strict=True)
        if setting is not None and setting.effective is ABSENT
    )
    if missing and missing[0].resource is Quantity.MEMORY:  # without the others it only slows others down
        message = f"`{workload.name}` has no limit on memory"
        severity, remedy = _milder(workload), LimitAll(missing)
        yield Violation(ContainerLimited.UNLIMITED, message, workload.at, remedy=remedy, severity=severity)


class ContainerHealthChecked(Case):
    ABSENT = (
        "absent",
        "Add a health check that fails when the service cannot do its work.",
        Per.DECISION,
        "no health check",
    )
    OFF = "turned-off", "Remove the line that turns the health check off."


@control(
    "Containers have a health check",
    Severity.INFO,
    "P2 P4",
    f"{_DOCKER}#healthcheck",
    bundle=Bundle.HARDENING,
)
def container_health_checked(stack: Stack) -> Iterator[Violation]:
    """A service that hangs without exiting is neither restarted nor taken out of service."""
    running = [w for w in stack.of(Workload) if w.dockerfile != w.at.source]
    stores = {(s.at.source, s.service) for s in stack.of(Store) if s.service}
    for workload in stack.of(Workload):
        if workload.health is None or workload.health.effective is not False:
            continue
        if (
            workload.dockerfile == workload.at.source and running
        ):  # which say it, or do not look at the image's
            continue
        if workload.pids is not None and (workload.edge or (workload.at.source, workload.name) in stores):
            continue  # Compose restarts nothing for it, and no service of the file waits for an edge
        if workload.health.written:
            case, message = ContainerHealthChecked.OFF, f"the health check of `{workload.name}` is turned off"
        else:
            case, message = ContainerHealthChecked.ABSENT, f"`{workload.name}` has no health check"
        yield Violation(case, message, workload.health.at, remedy=TurnOn(Switch.HEALTH_CHECK))

"""What confines a container: no new privileges, a root file system that stays as it is, and the kernel's profiles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from batten.controls import _hardening
from batten.controls._registry import control
from batten.facts import Workload
from batten.model import Ask, Bundle, Case, Per, Remedy, Setting, Severity, Switch, TurnOff, Violation
from batten.model.record import record

_DOCKER = "https://docs.docker.com/reference/compose-file/services/"
_PODS = "https://kubernetes.io/docs/concepts/security/pod-security-standards/"


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
class WorkloadSetting:
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
    remedy: Callable[[Workload], Remedy]
    absent: tuple[Case, str] | None = None  # where nothing turned it off, but nothing turns it on; milder
    seldom: bool = False  # told only, where Docker's engine starts the container


def _seccomp(workload: Workload) -> Remedy:
    """The default profile where none is named; whoever turned it off had a reason."""
    remedy = TurnOff(Switch.SECCOMP_UNCONFINED)
    if workload.seccomp is not None and workload.seccomp.written:
        return Ask(remedy, f"which system calls does {workload.name} make that the default profile denies?")
    return remedy


def _confined(workload: Workload) -> Remedy:
    question = (
        f"what does {workload.name} access that AppArmor or SELinux denies: a socket, a folder of the host?"
    )
    return Ask(TurnOff(Switch.APPARMOR_UNCONFINED), question)


_ROWS = (
    WorkloadSetting(
        "container-no-new-privileges",
        "Containers cannot gain privileges",
        Severity.LOW,
        f"{_DOCKER}#security_opt, {_PODS}",
        "A set-user-id program gives an intruder more rights than the service has.",
        lambda w: w.no_new_privileges,
        False,
        ContainerNoNewPrivileges.ALLOWED,
        "`{}` may gain privileges through set-user-id programs",
        _hardening.no_new_privileges,
    ),
    WorkloadSetting(
        "container-readonly-root",
        "The root file system of containers is read-only",
        Severity.LOW,
        f"{_DOCKER}#read_only, {_PODS}",
        "An intruder who can write to the root file system can replace the program that serves everyone else.",
        lambda w: w.read_only_root,
        False,
        ContainerReadonlyRoot.WRITABLE,
        "the root file system of `{}` is writable",
        _hardening.read_only,
        seldom=True,
    ),
    WorkloadSetting(
        "container-seccomp",
        "Seccomp and AppArmor or SELinux confine containers",
        Severity.MEDIUM,
        f"https://docs.docker.com/engine/security/seccomp/, {_PODS}",
        "The default profiles deny system calls that services do not use and exploits do.",
        lambda w: w.seccomp,
        "unconfined",
        ContainerSeccomp.OFF,
        "the seccomp profile of `{}` is turned off, which allows every system call",
        _seccomp,
        (ContainerSeccomp.UNSET, "`{}` has no seccomp profile, unless its nodes set a default"),
    ),
    WorkloadSetting(
        "container-seccomp",
        "Seccomp and AppArmor or SELinux confine containers",
        Severity.MEDIUM,
        "https://docs.docker.com/engine/security/apparmor/",
        "The default profiles deny accesses that services do not use and exploits do.",
        lambda w: w.apparmor,
        "unconfined",
        ContainerSeccomp.LSM,
        "`{}` is not confined by AppArmor or SELinux",
        _confined,
    ),
)


def refused(workload: Workload, switch: Switch) -> str:
    """The policy that refuses to create it, as the end of a message."""
    by = workload.refusals.get(switch)
    return f"; {by} refuses it" if by else ""


def seldom_acted_on(workload: Workload) -> Severity | None:
    """Of what Docker's engine, which alone bounds processes, does by default: Compose files hold mostly images of others,
    and who runs those keeps its defaults (docs/precision.md). Orchestrators have a profile that asks for more."""
    return Severity.INFO if workload.pids is not None else None


def _judge(row: WorkloadSetting) -> Callable[[Workload], Iterator[Violation]]:
    def judge(workload: Workload) -> Iterator[Violation]:
        setting = row.setting(workload)
        if setting is None or setting.effective != row.wrong:
            return
        case, message = row.case, row.message
        severity = seldom_acted_on(workload) if row.seldom else None
        if not setting.written:
            # A note about images that others build: who runs them keeps what their vendors chose.
            own = bool(workload.build_context or workload.dockerfile)
            mild = Severity.INFO if workload.theirs or (workload.pids is not None and not own) else None
            severity = severity if mild is None else mild
            if row.absent is not None:
                (case, message), severity = row.absent, Severity.LOW if mild is None else mild
        yield Violation(
            case, message.format(workload.name), setting.at, remedy=row.remedy(workload), severity=severity
        )

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

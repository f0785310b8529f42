"""How containers run: their privileges, and what limits them."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls import _hardening
from batten.controls._hardening import LimitAll
from batten.controls._intent import documented
from batten.controls._registry import control
from batten.controls.confinement import refused, seldom_acted_on
from batten.facts import Feature, Stack, Store, Workload
from batten.model import (
    ABSENT,
    Ask,
    Bundle,
    Case,
    Per,
    Remedy,
    RunAs,
    Severity,
    Switch,
    TurnOn,
    Violation,
)
from batten.model.record import record

__all__ = ["DANGEROUS", "NOBODY", "DropCapabilities", "LimitAll"]

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


class ContainerUnprivileged(Case):
    PRIVILEGED = "privileged", "Run it unprivileged, and add the single capability that it needs.", Per.THING
    DANGEROUS = "dangerous-capability", "Remove these capabilities.", Per.THING
    POLICY = "policy-allows", "Allow in the policy only what its pods need.", Per.THING
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
    explained=True,
)
def container_unprivileged(workload: Workload) -> Iterator[Violation]:
    """A privileged container is root on its host; each capability that is added or kept is a step towards it."""
    name, needs = workload.name, workload.needs
    if workload.privileged.effective is True:
        meant = documented(needs, needs is not None and needs.privileged, Severity.HIGH, "privileged")
        message = f"`{name}` runs privileged, with full access to its host{meant.clause}"
        yield Violation(
            ContainerUnprivileged.PRIVILEGED,
            message + refused(workload, Switch.PRIVILEGED),
            workload.privileged.at,
            remedy=None if meant.bundle else _hardening.unprivileged(workload),
            severity=meant.severity,
            bundle=meant.bundle,
            advice=meant.advice,
        )
    dangerous = tuple(c for c in workload.added_capabilities.known(()) if c in DANGEROUS)
    given = (
        DANGEROUS
        if needs is not None and needs.privileged
        else needs.capabilities
        if needs is not None
        else ()
    )
    beyond = tuple(name for name in dangerous if name not in given)
    if dangerous:
        # Capabilities that were added; those for a network of the container's own stay in it. `given`: its vendor
        # documents them.
        names = beyond or dangerous
        own = names == ("NET_ADMIN",) and not workload.host_namespaces
        reach = "give control of its network" if own else "reach beyond the container"
        dangerous_meant = documented(workload.needs, not beyond, Severity.HIGH)
        dangerous_message = (
            f"`{workload.name}` has capabilities that {reach}: {', '.join(names)}{dangerous_meant.clause}"
        )
        milder = Severity.LOW if own or names == ("NET_ADMIN",) else None
        if dangerous_meant.severity is not None and (milder is None or dangerous_meant.severity < milder):
            milder = dangerous_meant.severity
        yield Violation(
            ContainerUnprivileged.DANGEROUS,
            dangerous_message,
            workload.added_capabilities.at,
            remedy=None if dangerous_meant.bundle else _without(workload, names),
            severity=milder,
            bundle=dangerous_meant.bundle,
            advice=dangerous_meant.advice,
        )
    dropped = workload.dropped_capabilities
    if dropped.is_known and "ALL" not in dropped.known(()):
        case, message = ContainerUnprivileged.DEFAULTS, f"`{name}` keeps the engine's default capabilities"
        severity = Severity.LOW if workload.pids is None and not workload.theirs else Severity.INFO
        remedy = _hardening.capabilities(workload)
        yield Violation(case, message, dropped.at, remedy=remedy, severity=severity)


def _without(workload: Workload, names: tuple[str, ...]) -> Remedy:
    """They go where the image is known not to need them; else whoever added them knows what for."""
    remedy, profile = DropCapabilities(names), workload.profile
    known = profile is not None and profile.capabilities is not None and not profile.open
    if (
        known
        and profile is not None
        and not {*names} & {*(profile.capabilities or ())}
        and "ALL" not in names
    ):
        return remedy
    return Ask(remedy, f"what does {workload.name} do with {', '.join(names)}, and what breaks without?")


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
    explained=True,
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
        remedy = _hardening.run_as(workload, "ContainerUser" if windows else NOBODY)
        meant = documented(
            workload.needs, workload.needs is not None and workload.needs.root, Severity.MEDIUM
        )
        milder = meant.severity
        if workload.drops:
            milder = Severity.INFO
        elif workload.idle:
            how += ", and starts nothing by itself"
            milder = Severity.LOW
        elif milder is None and not workload.user.written and not workload.dockerfile:
            milder = Severity.LOW  # whom an image of others runs as, its vendor decided
        yield Violation(
            ContainerNotRoot.ROOT,
            f"`{workload.name}` {how}{meant.clause}",
            workload.user.at,
            remedy=None if meant.bundle else remedy,
            severity=milder,
            bundle=meant.bundle,
            advice=meant.advice,
            implied=not workload.user.written,
        )


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
        remedy, milder = _hardening.not_root(workload), Severity.INFO if workload.theirs else Severity.LOW
        yield Violation(ContainerNotRoot.ALLOWED, message, refused.at, remedy=remedy, severity=milder)


@control("Containers do not run as root", Severity.MEDIUM, "V1 P2", slug="container-not-root")
def server_not_root(feature: Feature) -> Iterator[Violation]:
    """An intruder in a server whose workers run as root is root on its machine."""
    if feature.name is Switch.ROOT_WORKER and feature.on.known(False):
        yield Violation(
            ContainerNotRoot.WORKER, f"{feature.what} as root", feature.on.at, remedy=RunAs(NOBODY)
        )


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
    if workload.memory is not None and workload.memory.effective is ABSENT:
        message = f"`{workload.name}` has no limit on memory"
        severity = Severity.INFO if workload.theirs else seldom_acted_on(workload)
        remedy = _hardening.limits(workload)
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

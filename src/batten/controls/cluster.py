"""Who may do what in a cluster, and how the orchestrator's own parts are started."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls._registry import control
from batten.facts import Daemon, PodNetwork, Role, RoleBinding, RoleRule, Workload
from batten.model import (
    ABSENT,
    UNTOLD,
    MinimumTls,
    Remedy,
    RequireAuth,
    Setting,
    Severity,
    Switch,
    TurnOff,
    TurnOn,
    Violation,
)
from batten.model.record import record

_RBAC = "https://kubernetes.io/docs/concepts/security/rbac-good-practices/"
_ACCOUNTS = "https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/"
_READS = frozenset(("get", "list", "watch", "*"))
_WRITES = frozenset(("create", "update", "patch", "delete", "deletecollection", "*"))
_ESCALATIONS = {
    "escalate": frozenset(("roles", "clusterroles", "*")),
    "bind": frozenset(("roles", "clusterroles", "*")),
    "impersonate": frozenset(("users", "groups", "serviceaccounts", "uids", "*")),
}
_ANYBODY = frozenset(("system:anonymous", "system:unauthenticated"))
_EVERY_ACCOUNT = frozenset(("system:authenticated", "system:serviceaccounts"))
# What Kubernetes and kubeadm themselves let everybody read.
_PUBLIC = frozenset(
    (
        "system:public-info-viewer",
        "system:discovery",
        "system:basic-user",
        "system:service-account-issuer-discovery",
        "kubeadm:bootstrap-signer-clusterinfo",
    )
)


@control("Roles grant what is needed and no more", Severity.HIGH, "V1 P2", f"{_RBAC}, CWE-269")
def rbac_narrow(role: Role) -> Iterator[Violation]:
    """Whoever takes over a pod has what its account was granted: a wildcard makes that the cluster."""
    for rule in role.rules:
        said = _too_wide(rule, role)
        if said is not None:
            message, severity = said
            yield Violation(UNTOLD, f"`{role.name}` {message}", rule.at, TurnOff(Switch.WIDE_RULE), severity)


def _too_wide(rule: RoleRule, role: Role) -> tuple[str, Severity] | None:
    """What a rule lets its holder do that few need, and how bad it is; the worst only."""
    where = "" if role.everywhere else " of its namespace"
    verbs, resources = set(rule.verbs), set(rule.resources)
    worst = Severity.HIGH if role.everywhere else Severity.MEDIUM
    for verb, objects in _ESCALATIONS.items():
        if verb in verbs and resources & objects and not rule.names:
            return f"may {verb} {', '.join(sorted(resources & objects))}: it can become anybody", worst
    if not _kubernetes_own(rule) or rule.names:
        return None
    if "*" in resources and verbs & _WRITES:
        return f"may change every resource{where}", worst
    if "*" in resources and verbs & _READS:
        return f"may read every resource{where}, Secrets too", worst
    if "secrets" in resources and verbs & _READS and role.everywhere:
        return "may read the Secrets of every namespace", Severity.MEDIUM
    if "*" in verbs:
        return f"is granted every verb on {', '.join(rule.resources)}", Severity.MEDIUM
    return None


def _kubernetes_own(rule: RoleRule) -> bool:
    """Whether some of its API groups are Kubernetes' own: an operator may well own all of its others."""
    return any(g == "*" or "." not in g or g.endswith(".k8s.io") for g in rule.groups)


@control("Roles grant what is needed and no more", Severity.HIGH, "V1 P2", slug="rbac-narrow")
def bindings_narrow(binding: RoleBinding) -> Iterator[Violation]:
    """Roles for administrators, and roles given to whoever asks."""
    role = binding.role.known("")
    if not role or role in _PUBLIC:
        return
    for subject in binding.subjects:
        name = subject.known("")
        if name in _ANYBODY:
            message = f"callers without any credential (`{name}`) are given `{role}`"
            yield Violation(UNTOLD, message, subject.at, TurnOff(Switch.SUBJECT))
        elif name.partition(":serviceaccounts:")[0] in _EVERY_ACCOUNT and role != "view":
            message = f"every account of `{name}` is given `{role}`"
            yield Violation(UNTOLD, message, subject.at, TurnOff(Switch.SUBJECT), Severity.MEDIUM)
    if role == "cluster-admin" and _beyond_administrators(binding):
        where = "the cluster" if binding.everywhere else "its namespace"
        severity = None if binding.everywhere else Severity.MEDIUM
        yield Violation(
            UNTOLD,
            f"`cluster-admin` is bound: its holders own {where}",
            binding.role.at,
            TurnOff(Switch.WIDE_ROLE),
            severity,
        )


def _beyond_administrators(binding: RoleBinding) -> bool:
    return any(s.known("system:masters") != "system:masters" for s in binding.subjects)


@control("Pods carry no credential they do not need", Severity.MEDIUM, "V1 P2", f"{_ACCOUNTS}, CWE-522")
def service_account_narrow(workload: Workload) -> Iterator[Violation]:
    """A token that is mounted in a pod is whoever's who breaks into it; the default account's opens what
    any pod of the namespace was ever granted."""
    token, account = workload.token, workload.account
    if token is None or account is None or token.effective is not True:
        return
    if account.effective == "default":
        message = f"`{workload.name}` is given the token of the namespace's default account"
        yield Violation(UNTOLD, message, token.at, TurnOff(Switch.SERVICE_ACCOUNT_TOKEN))


@control("Pods carry no credential they do not need", Severity.MEDIUM, "V1 P2", slug="service-account-narrow")
def default_account_unbound(binding: RoleBinding) -> Iterator[Violation]:
    """What the default account may do, every pod of its namespace may that names no account of its own."""
    for subject in binding.subjects:
        namespace, slash, name = subject.known("").partition("/")
        if slash and name == "default":
            message = f"the default account of `{namespace or 'the namespace'}` is given `{binding.role.known('a role')}`"
            yield Violation(UNTOLD, message, subject.at, TurnOff(Switch.DEFAULT_ACCOUNT))


@control(
    "Networks keep stores apart from the outside",
    Severity.MEDIUM,
    "V1 P2",
    "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
    slug="network-segmented",
)
def pods_segmented(network: PodNetwork) -> Iterator[Violation]:
    """Without a policy that selects it, every pod of the cluster may connect to a pod."""
    if network.open:
        some = ", ".join(network.open[:3]) + (" …" if len(network.open) > 3 else "")
        message = f"every pod of the cluster may connect to these, which no NetworkPolicy selects: `{some}`"
        yield Violation(UNTOLD, message, network.at, TurnOn(Switch.DEFAULT_DENY))


@record
class Row:
    """An option of one daemon and the values that leave it open. ABSENT stands for no value at all."""

    daemon: str
    option: str
    wrong: frozenset[object]
    message: str
    remedy: Remedy
    severity: Severity | None = None


_NO = frozenset(("false", ABSENT))
_OLD_TLS = frozenset(("VersionTLS10", "VersionTLS11"))
_ROWS = (
    Row(
        "kubelet",
        "anonymous-auth",
        frozenset(("true",)),
        "the kubelet answers callers without a credential",
        TurnOff(Switch.ANONYMOUS_AUTH),
    ),
    Row(
        "kubelet",
        "authorization-mode",
        frozenset(("AlwaysAllow",)),
        "the kubelet lets every caller do everything",
        TurnOff(Switch.ALWAYS_ALLOW),
    ),
    Row(
        "kubelet",
        "read-only-port",
        frozenset(("open",)),
        "the kubelet tells everybody about its pods on a port without log-in",
        TurnOff(Switch.READ_ONLY_PORT),
        Severity.HIGH,
    ),
    Row(
        "kubelet",
        "tls-min-version",
        _OLD_TLS,
        "the kubelet speaks TLS 1.0 or 1.1",
        MinimumTls(),
        Severity.MEDIUM,
    ),
    Row(
        "kube-apiserver",
        "authorization-mode",
        frozenset(("AlwaysAllow",)),
        "the API server lets every caller do everything",
        TurnOff(Switch.ALWAYS_ALLOW),
    ),
    Row(
        "kube-apiserver",
        "insecure-port",
        frozenset(("open",)),
        "the API server has a port without TLS, log-in or permissions",
        TurnOff(Switch.INSECURE_PORT),
    ),
    Row(
        "kube-apiserver",
        "anonymous-auth",
        frozenset(("true",)),
        "the API server answers callers without a credential",
        TurnOff(Switch.ANONYMOUS_AUTH),
        Severity.LOW,
    ),
    Row(
        "kube-apiserver",
        "tls-min-version",
        _OLD_TLS,
        "the API server speaks TLS 1.0 or 1.1",
        MinimumTls(),
        Severity.MEDIUM,
    ),
    Row(
        "kube-apiserver",
        "audit-log-path",
        frozenset((ABSENT,)),
        "the API server writes no audit log",
        TurnOn(Switch.AUDIT_LOG),
        Severity.LOW,
    ),
    *(
        Row(
            daemon,
            "profiling",
            frozenset(("true",)),
            f"the profiler of {daemon} is on",
            TurnOff(Switch.PROFILING),
            Severity.LOW,
        )
        for daemon in ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
    ),
    Row(
        "etcd",
        "client-cert-auth",
        _NO,
        "etcd asks its clients for no certificate: all Secrets are readable there",
        TurnOn(Switch.CLIENT_CERT_AUTH),
    ),
    Row(
        "etcd",
        "peer-client-cert-auth",
        _NO,
        "etcd asks its peers for no certificate",
        TurnOn(Switch.PEER_CLIENT_CERT_AUTH),
        Severity.HIGH,
    ),
    Row(
        "etcd",
        "auto-tls",
        frozenset(("true",)),
        "etcd makes its own certificate, which no client can verify",
        TurnOff(Switch.AUTO_TLS),
        Severity.MEDIUM,
    ),
    Row(
        "docker",
        "hosts",
        frozenset(("plain",)),
        "Docker's API is on TCP without client certificates: callers own the host",
        RequireAuth(),
    ),
    Row(
        "docker",
        "hosts",
        frozenset(("plain-local",)),
        "Docker's API is on TCP without client certificates: every local program owns the host",
        RequireAuth(),
        Severity.HIGH,
    ),
)


@control(
    "The orchestrator's own doors are locked",
    Severity.CRITICAL,
    "V1 P2",
    "https://kubernetes.io/docs/tasks/administer-cluster/securing-a-cluster/, CWE-306",
)
def orchestrator_locked(daemon: Daemon) -> Iterator[Violation]:
    """Whoever reaches the kubelet, the API server, etcd or Docker's API without a log-in commands every
    container, and every secret, that they keep."""
    for row in _ROWS:
        setting: Setting[str] | None = daemon.options.get(row.option) if row.daemon == daemon.name else None
        if setting is not None and setting.effective in row.wrong:
            yield Violation(UNTOLD, row.message, setting.at, row.remedy, row.severity)

"""Who may do what in a cluster, and how the orchestrator's own parts are started."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import dirname

from batten.controls._orchestrator import ROWS
from batten.controls._registry import control
from batten.controls.networks import NetworkSegmented
from batten.controls.workloads import ContainerUnprivileged
from batten.facts import Allowed, Daemon, PodNetwork, PodPolicy, Role, RoleBinding, RoleRule, Stack, Workload
from batten.model import (
    Case,
    Per,
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
_RBAC_GROUP = "rbac.authorization.k8s.io"
# verb -> the resources by which it escalates, and their API groups
_ESCALATIONS = {
    "escalate": (frozenset(("roles", "clusterroles", "*")), frozenset((_RBAC_GROUP, "*"))),
    "bind": (frozenset(("roles", "clusterroles", "*")), frozenset((_RBAC_GROUP, "*"))),
    "impersonate": (
        frozenset(("users", "groups", "serviceaccounts", "uids", "*")),
        frozenset(("", "authentication.k8s.io", "*")),
    ),
}
_RBAC_RESOURCES = frozenset(("roles", "clusterroles", "rolebindings", "clusterrolebindings"))
_EVERYTHING = frozenset(("*", ""))  # the core group holds pods, Secrets and service accounts
# API groups of Kubernetes whose objects run code, grant permissions or change what the API server does:
# https://kubernetes.io/docs/reference/kubernetes-api/
_POWERFUL = frozenset(
    (
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "apps",
        "batch",
        "certificates.k8s.io",
        "extensions",
        _RBAC_GROUP,
    )
)
# The others of Kubernetes whose objects a mistake or an attacker can do harm with. Not here: groups that only answer
# (metrics.k8s.io, authentication.k8s.io, authorization.k8s.io), records (events.k8s.io, discovery.k8s.io,
# coordination.k8s.io), and the groups of operators, who may own all of theirs.
_HARMFUL = _POWERFUL | frozenset(
    (
        "autoscaling",
        "flowcontrol.apiserver.k8s.io",
        "networking.k8s.io",
        "policy",
        "resource.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
    )
)
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


class RbacNarrow(Case):
    ESCALATION = (
        "privilege-escalation",
        "Remove the verbs escalate, bind and impersonate, or limit them with resourceNames.",
        Per.THING,
    )
    WRITES_ALL = (
        "writes-every-resource",
        "List the resources and verbs that are needed instead of `*`.",
        Per.THING,
    )
    READS_ALL = (
        "reads-every-resource",
        "List the resources that are needed instead of `*`, without Secrets.",
        Per.THING,
    )
    SECRETS = "reads-every-secret", "Grant Secrets by name, or in the namespaces that need them.", Per.THING
    EVERY_VERB = "every-verb", "List the verbs that are needed instead of `*`.", Per.THING
    COMMANDS = "runs-commands", "Remove exec, attach and ephemeral containers from the role.", Per.THING
    NODES = "node-proxy", "Grant nodes/metrics or nodes/stats instead of nodes/proxy.", Per.THING
    TOKENS = "issues-tokens", "Limit serviceaccounts/token to accounts by resourceNames.", Per.THING
    CERTIFICATES = (
        "approves-certificates",
        "Limit approval to the signers and requests that are needed.",
        Per.THING,
    )
    ADMISSION = (
        "changes-admission",
        "Limit webhook configurations to single ones by resourceNames.",
        Per.THING,
    )
    BINDINGS = (
        "changes-bindings",
        "Limit writes of roles and bindings to single ones by resourceNames.",
        Per.THING,
    )
    ANONYMOUS = "anonymous-subject", "Remove the anonymous group or user from the binding.", Per.THING
    EVERY_ACCOUNT = "every-account", "Bind the role to the accounts that need it.", Per.THING
    ANYWHERE = "deploys-anywhere", "List the repositories and namespaces of the project.", Per.THING
    ADMINISTRATOR = "cluster-admin", "Bind a role with the permissions that are needed.", Per.THING


# Roles of programs whose work is the whole cluster: their vendors' manifests have them, and who installs one accepts it.
_MANAGES = re.compile(
    r"(?:^|[-_:.])(?:operator|controller|controllers|manager|provisioner|autoscaler|scheduler|admission|webhook|injector|cainjector"
    r"|flux|kustomize|helm|argo-?cd|rancher|velero|cert-manager|external-secrets|sealed-secrets|vault|crossplane|cilium|calico|istiod?"
    r"|longhorn|rook|ceph|kyverno|gatekeeper|reloader|reflector|kured|descheduler|keda|karpenter|kube-state-metrics|prometheus|traefik|ingress)"
    r"(?=[-_:.]|$)",
    re.IGNORECASE,
)
_NEVER_MEANT = frozenset((RbacNarrow.ANONYMOUS, RbacNarrow.EVERY_ACCOUNT))


@control("Kubernetes roles grant least privilege", Severity.HIGH, "V1 P2", f"{_RBAC}, CWE-269")
def rbac_narrow(role: Role) -> Iterator[Violation]:
    """An attacker in a pod has all permissions of its account; with wildcards, that is the whole cluster."""
    for rule in role.rules:
        found = _too_wide(rule, role)
        if found is not None:
            case, message, severity = found
            message = f"`{role.name}` {message}"
            if severity > Severity.LOW and case not in _NEVER_MEANT and _MANAGES.search(role.name):
                message, severity = f"{message}, as programs that manage clusters do", Severity.LOW
            message, harm = _as_generated(role, message, severity)
            remedy = TurnOff(Switch.WIDE_RULE)
            yield Violation(case, message, rule.at, remedy=remedy, severity=harm, made_by=role.generated)


def _as_generated(
    fact: Role | RoleBinding, message: str, severity: Severity | None
) -> tuple[str, Severity | None]:
    """What a program needs by its vendor's design, in a file that it writes itself, is nothing that its user decides."""
    if not fact.generated or severity is not Severity.LOW:
        return message, severity
    return f"{message}; `{fact.generated}` writes it", Severity.INFO


def _too_wide(rule: RoleRule, role: Role) -> tuple[RbacNarrow, str, Severity] | None:
    """What a rule lets its holder do that few need, and how bad it is; the worst only."""
    where = "" if role.everywhere else " of its namespace"
    verbs, resources = set(rule.verbs), set(rule.resources)
    worst = Severity.HIGH if role.everywhere else Severity.MEDIUM
    for verb, (objects, groups) in _ESCALATIONS.items():
        if verb in verbs and resources & objects and not rule.names and groups.intersection(rule.groups):
            gained = f"can escalate its privileges: it may {verb} {', '.join(sorted(resources & objects))}"
            return RbacNarrow.ESCALATION, gained, worst
    held = (_EVERYTHING | _HARMFUL).intersection(rule.groups)
    if not held or rule.names:
        return None
    whole = bool(held & _EVERYTHING)
    if "*" in resources and verbs & _WRITES:
        return (
            RbacNarrow.WRITES_ALL,
            f"may change every resource{_of(held)}{where}",
            worst if held & (_EVERYTHING | _POWERFUL) else Severity.MEDIUM,
        )
    if "*" in resources and verbs & _READS and whole:
        return RbacNarrow.READS_ALL, f"may read every resource{where}, including Secrets", worst
    if "secrets" in resources and verbs & _READS and role.everywhere and whole:
        return RbacNarrow.SECRETS, "may read the Secrets of every namespace", Severity.MEDIUM
    if "*" in verbs:
        harm = worst if resources & _RBAC_RESOURCES else Severity.MEDIUM
        return RbacNarrow.EVERY_VERB, f"has every verb on {', '.join(rule.resources)}", harm
    for power in _POWERS:
        held = power.resources.intersection(rule.resources) and power.verbs.intersection(rule.verbs)
        if held and {power.group, "*"}.intersection(rule.groups):
            severity = power.severity if role.everywhere else power.within
            return (power.case, power.gains, severity) if severity is not None else None
    return None


@record
class Power:
    """Verbs on a resource that give more than they say, by Kubernetes' own good practices. `severity` is that of a
    role for the whole cluster; one of a namespace is milder, or none."""

    case: RbacNarrow
    group: str
    resources: frozenset[str]
    verbs: frozenset[str]
    gains: str
    severity: Severity
    within: Severity | None = None


_CHANGES = frozenset(("create", "update", "patch"))
_POWERS = (
    Power(RbacNarrow.NODES, "", frozenset(("nodes/proxy",)), _READS | _WRITES,
          "may run commands in every pod through the kubelets (nodes/proxy)", Severity.MEDIUM),
    Power(RbacNarrow.COMMANDS, "", frozenset(("pods/exec", "pods/attach", "pods/ephemeralcontainers", "pods/*")),
          _CHANGES | {"get"}, "may run commands in pods", Severity.MEDIUM, Severity.LOW),
    Power(RbacNarrow.TOKENS, "", frozenset(("serviceaccounts/token",)), frozenset(("create",)),
          "may issue tokens of service accounts", Severity.HIGH, Severity.MEDIUM),
    Power(RbacNarrow.CERTIFICATES, "certificates.k8s.io", frozenset(("certificatesigningrequests/approval",)), _CHANGES,
          "may approve certificates of clients", Severity.MEDIUM),
    Power(RbacNarrow.CERTIFICATES, "certificates.k8s.io", frozenset(("signers",)), frozenset(("approve", "sign")),
          "may approve certificates of clients", Severity.MEDIUM),
    Power(RbacNarrow.ADMISSION, "admissionregistration.k8s.io",
          frozenset(("validatingwebhookconfigurations", "mutatingwebhookconfigurations")), _CHANGES,
          "may change admission webhooks, which see and change every object", Severity.MEDIUM),
    Power(RbacNarrow.BINDINGS, _RBAC_GROUP, _RBAC_RESOURCES, _CHANGES,
          "may change roles and bindings", Severity.LOW, Severity.INFO),
)  # fmt: skip


def _of(groups: frozenset[str]) -> str:
    """The API groups of a rule, where they are not the whole API or its core."""
    return "" if groups & _EVERYTHING else f" of the API group {', '.join(f'`{g}`' for g in sorted(groups))}"


@control("Kubernetes roles grant least privilege", Severity.HIGH, "V1 P2", slug="rbac-narrow")
def bindings_narrow(binding: RoleBinding) -> Iterator[Violation]:
    """Roles of administrators, and roles that are given to everyone."""
    role = binding.role.known("")
    if not role or role in _PUBLIC:
        return
    for subject in binding.subjects:
        name = subject.known("")
        if name in _ANYBODY:
            message = f"`{role}` is bound to unauthenticated callers (`{name}`)"
            yield Violation(RbacNarrow.ANONYMOUS, message, subject.at, remedy=TurnOff(Switch.SUBJECT))
        elif name.partition(":serviceaccounts:")[0] in _EVERY_ACCOUNT and role != "view":
            message, remedy = f"`{role}` is bound to every account in `{name}`", TurnOff(Switch.SUBJECT)
            yield Violation(
                RbacNarrow.EVERY_ACCOUNT, message, subject.at, remedy=remedy, severity=Severity.MEDIUM
            )
    if role == "cluster-admin" and any(
        s.known("system:masters") != "system:masters" for s in binding.subjects
    ):
        message = (
            f"`cluster-admin` is bound in {'the whole cluster' if binding.everywhere else 'a namespace'}"
        )
        milder = None if binding.everywhere else Severity.MEDIUM
        holders = [s.known("").rpartition("/")[2] for s in binding.subjects]
        people = [s.known("") for s in binding.subjects]
        if people and all(name and "/" not in name and not name.startswith("system:") for name in people):
            alone = len(people) == 1 and binding.users.issuperset(people)
            message += f" to `{people[0]}`, a user{'' if alone else ' or group of people'}"
            milder = Severity.INFO if alone else Severity.LOW
        elif holders and all(_DEPLOYS.search(name) for name in holders):
            message += f" to `{holders[0]}`, which deploys everything in it by its vendor's design"
            milder = Severity.LOW
        message, milder = _as_generated(binding, message, milder)
        yield Violation(
            RbacNarrow.ADMINISTRATOR,
            message,
            binding.role.at,
            remedy=TurnOff(Switch.WIDE_ROLE),
            severity=milder,
            made_by=binding.generated,
        )


# Accounts of programs that apply every object of a cluster: https://fluxcd.io/flux/security/,
# https://argo-cd.readthedocs.io/en/stable/operator-manual/security/, https://velero.io/docs/main/rbac/; one that installs the network,
# without which no other pod runs: https://www.talos.dev/v1.9/kubernetes-guides/network/deploying-cilium/
_DEPLOYS = re.compile(
    r"^(?:kustomize-controller|helm-controller|flux-operator|argocd-(?:application|applicationset)-controller|argocd-server|velero(?:-server)?"
    r"|helm-install-[\w-]+|cilium-install|fleet-controller|gitjob)$"
)


_OTHERS = frozenset((Allowed.EVERY_SOURCE, Allowed.EVERY_TARGET, Allowed.EVERY_USER))
_GRAVE = frozenset((Allowed.PRIVILEGED, Allowed.HOST_PROCESSES, Allowed.HOST_PATHS, Allowed.CAPABILITIES))


@control(
    "Containers run unprivileged, with only the capabilities they need",
    Severity.HIGH,
    "V1 P2",
    slug="container-unprivileged",
)
def policy_narrow(policy: PodPolicy) -> Iterator[Violation]:
    """Anyone who may create a pod under the policy is root on its node."""
    for allowed in policy.allows:
        if isinstance(allowed.value, Allowed) and allowed.value not in _OTHERS:
            message = f"the policy `{policy.name}` allows {allowed.value.value}"
            severity = Severity.MEDIUM if allowed.value in _GRAVE else Severity.LOW
            remedy = TurnOff(Switch.ALLOWED)
            case = ContainerUnprivileged.POLICY
            yield Violation(case, message, allowed.at, remedy=remedy, severity=severity)


@control("Kubernetes roles grant least privilege", Severity.HIGH, "V1 P2", slug="rbac-narrow")
def deployments_narrow(policy: PodPolicy) -> Iterator[Violation]:
    """Who may change one repository, or log in to a tool that deploys, changes the whole cluster."""
    for allowed in policy.allows:
        if allowed.value is Allowed.EVERY_TARGET:
            message = f"the project `{policy.name}` allows {allowed.value.value}"
            remedy = TurnOff(Switch.WIDE_RULE)
            case = RbacNarrow.ANYWHERE
            yield Violation(case, message, allowed.at, remedy=remedy, severity=Severity.LOW)
        elif allowed.value is Allowed.EVERY_USER:
            message = f"`{policy.name}` allows {allowed.value.value}"
            yield Violation(RbacNarrow.EVERY_ACCOUNT, message, allowed.at, remedy=TurnOff(Switch.WIDE_ROLE))


@control("Networks isolate stores and pods", Severity.MEDIUM, "V1 P2", slug="network-segmented")
def network_policy_narrow(policy: PodPolicy) -> Iterator[Violation]:
    """A policy that admits every source keeps none away: policies add up."""
    for allowed in policy.allows:
        if allowed.value is Allowed.EVERY_SOURCE:
            message = f"the network policy `{policy.name}` admits every source to all pods of its namespace"
            remedy = TurnOff(Switch.ALLOWED)
            yield Violation(
                NetworkSegmented.EVERY_SOURCE, message, allowed.at, remedy=remedy, severity=Severity.LOW
            )


class ServiceAccountNarrow(Case):
    TOKEN = (
        "default-token-mounted",
        "Set automountServiceAccountToken to false, or give the pod an account of its own.",
    )
    BOUND = "default-account-bound", "Bind the role to an account made for the pod that needs it."


@control(
    "Pods mount no service account token that they do not need",
    Severity.MEDIUM,
    "V1 P2",
    f"{_ACCOUNTS}, CWE-522",
)
def service_account_narrow(stack: Stack) -> Iterator[Violation]:
    """An attacker who can read a file in the pod has its token, with every permission that was ever granted
    to the namespace's default account. By itself that account may do nothing."""
    bound = {dirname(b.at.source): b for b in stack.of(RoleBinding) if any(map(_is_default, b.subjects))}
    for workload in stack.of(Workload):
        token, account = workload.token, workload.account
        if token is None or account is None or token.effective is not True or account.effective != "default":
            continue
        message = f"`{workload.name}` mounts the token of the namespace's default service account"
        remedy, milder = TurnOff(Switch.SERVICE_ACCOUNT_TOKEN), Severity.INFO
        binding = bound.get(dirname(workload.at.source))
        if binding is not None:
            message += f", to which `{binding.role.known('a role')}` is bound"
            milder = Severity.MEDIUM
        yield Violation(ServiceAccountNarrow.TOKEN, message, token.at, remedy=remedy, severity=milder)


def _is_default(subject: Setting[str]) -> bool:
    _, slash, name = subject.known("").partition("/")
    return bool(slash) and name == "default"


@control(
    "Pods mount no service account token that they do not need",
    Severity.MEDIUM,
    "V1 P2",
    slug="service-account-narrow",
)
def default_account_unbound(binding: RoleBinding) -> Iterator[Violation]:
    """Every pod of the namespace that names no account has the permissions of the default account."""
    for subject in binding.subjects:
        namespace, slash, name = subject.known("").partition("/")
        if slash and name == "default":
            whose = f"of `{namespace}`" if namespace else "of the namespace"
            message = f"the default service account {whose} is bound to `{binding.role.known('a role')}`"
            yield Violation(
                ServiceAccountNarrow.BOUND, message, subject.at, remedy=TurnOff(Switch.DEFAULT_ACCOUNT)
            )


@control(
    "Networks isolate stores and pods",
    Severity.MEDIUM,
    "V1 P2",
    "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
    slug="network-segmented",
)
def pods_segmented(network: PodNetwork) -> Iterator[Violation]:
    """Every pod in the cluster can connect to a pod that no NetworkPolicy selects."""
    if network.open:
        some = ", ".join(network.open[:3]) + (" …" if len(network.open) > 3 else "")
        message = f"no NetworkPolicy selects the pods of `{some}`: every pod in the cluster can reach them"
        milder = Severity.LOW if network.covered else Severity.INFO
        if network.covered:
            message += f"; those of `{network.covered[0]}` have one"
        at, remedy = network.at, TurnOn(Switch.DEFAULT_DENY)
        yield Violation(NetworkSegmented.NO_POLICY, message, at, remedy=remedy, severity=milder)


@control(
    "The APIs of the orchestrator require authentication",
    Severity.CRITICAL,
    "V1 P2",
    "https://kubernetes.io/docs/tasks/administer-cluster/securing-a-cluster/, CWE-306",
)
def orchestrator_locked(daemon: Daemon) -> Iterator[Violation]:
    """A client that reaches the kubelet, the API server, etcd or Docker's API without authentication
    controls every container and can read every secret."""
    for row in ROWS:
        setting: Setting[str] | None = daemon.options.get(row.option) if row.daemon == daemon.name else None
        if setting is not None and row.wrong(setting.effective):
            yield Violation(row.case, row.message, setting.at, remedy=row.remedy, severity=row.severity)

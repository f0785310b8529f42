"""What policies of a cluster allow pods: PodSecurityPolicy, OpenShift's SecurityContextConstraints, network policies.

Sources: https://v1-24.docs.kubernetes.io/docs/concepts/security/pod-security-policy/ and
https://docs.redhat.com/en/documentation/openshift_container_platform/latest/html/authentication_and_authorization/managing-pod-security-policies
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Allowed, PodPolicy
from batten.formats import tree
from batten.model import Setting
from batten.model.networks import everybody
from batten.technologies.orchestration.kubernetes.cluster import Cluster
from batten.technologies.orchestration.kubernetes.objects import Field, KubernetesObject

# The way to a field, the values that allow, and what they allow.
_Rows = tuple[tuple[tuple[str, ...], frozenset[str], Allowed], ...]
_TRUE, _ANY = frozenset(("true",)), frozenset(("*",))
_PSP: _Rows = (
    (("privileged",), _TRUE, Allowed.PRIVILEGED),
    (("hostNetwork",), _TRUE, Allowed.HOST_NETWORK),
    (("hostPID",), _TRUE, Allowed.HOST_PROCESSES),
    (("hostIPC",), _TRUE, Allowed.HOST_IPC),
    (("allowPrivilegeEscalation",), _TRUE, Allowed.ESCALATION),
    (("allowedCapabilities",), _ANY | {"ALL", "SYS_ADMIN"}, Allowed.CAPABILITIES),
    (("runAsUser", "rule"), frozenset(("RunAsAny",)), Allowed.ROOT),
    (("volumes",), _ANY | {"hostPath"}, Allowed.HOST_PATHS),
    (("allowedUnsafeSysctls",), _ANY, Allowed.SYSCTLS),
)
_SCC: _Rows = (
    (("allowPrivilegedContainer",), _TRUE, Allowed.PRIVILEGED),
    (("allowHostNetwork",), _TRUE, Allowed.HOST_NETWORK),
    (("allowHostPID",), _TRUE, Allowed.HOST_PROCESSES),
    (("allowHostIPC",), _TRUE, Allowed.HOST_IPC),
    (("allowPrivilegeEscalation",), _TRUE, Allowed.ESCALATION),
    (("allowedCapabilities",), _ANY | {"ALL", "SYS_ADMIN"}, Allowed.CAPABILITIES),
    (("runAsUser", "type"), frozenset(("RunAsAny",)), Allowed.ROOT),
    (("allowHostDirVolumePlugin",), _TRUE, Allowed.HOST_PATHS),
    (("allowedUnsafeSysctls",), _ANY, Allowed.SYSCTLS),
)


def pod_policies(cluster: Cluster) -> Iterator[PodPolicy]:
    for found in cluster.of("PodSecurityPolicy", "policy", "extensions"):
        yield _policy(found, found.spec, _PSP)
    for found in cluster.of("SecurityContextConstraints", "security.openshift.io", ""):
        yield _policy(found, found.body, _SCC)
    for found in cluster.of("AppProject", "argoproj.io"):
        # An Argo CD project whose applications may go anywhere, wherever they come from. Source:
        # https://argo-cd.readthedocs.io/en/stable/user-guide/projects/
        anywhere = [d for d in found.spec["destinations"].items() if d["namespace"].text == "*"]
        if anywhere and "*" in found.spec["sourceRepos"].words():
            yield PodPolicy(found.at, found.name, (Setting(Allowed.EVERY_TARGET, anywhere[0].block),))
    for found in cluster.of("ConfigMap"):
        default = found.body["data"]["policy.default"]
        if found.name == "argocd-rbac-cm" and default.text == "role:admin":
            yield PodPolicy(found.at, found.name, (Setting(Allowed.EVERY_USER, default.here),))
    for found in cluster.of("NetworkPolicy", "networking.k8s.io", "extensions"):
        yield from _open_network(found)


def _policy(found: KubernetesObject, body: Field, rows: _Rows) -> PodPolicy:
    allowed = tuple(a for way, wrong, what in rows for a in _allowed(body.of(*way), wrong, what))
    return PodPolicy(found.at, found.name, allowed)


def _allowed(field: Field, wrong: frozenset[str], what: Allowed) -> Iterator[Setting[Allowed]]:
    words = field.words() if isinstance(field.node, tree.Sequence) else (field.text,)
    if field.exists and field.known and not wrong.isdisjoint(words):
        yield Setting(what, field.entry if isinstance(field.node, tree.Sequence) else field.here)


def _open_network(found: KubernetesObject) -> Iterator[PodPolicy]:
    """A policy for all pods of a namespace that lets every source in."""
    selector = found.spec["podSelector"]
    types = found.spec["policyTypes"].words()
    if selector["matchLabels"].exists or selector["matchExpressions"].exists or not selector.known:
        return
    if types and "Ingress" not in types:
        return
    for rule in found.spec["ingress"].items():
        # Whether a rule lets anyone in at every port; one with a template is not known.
        if not isinstance(rule.node, tree.Mapping) or not rule.known or rule["ports"].exists:
            for_all = False
        else:
            blocks = [source["ipBlock"] for source in rule["from"].items()]
            wide = bool(everybody(b["cidr"].text for b in blocks if not b["except"].exists))
            for_all = wide or not rule["from"].exists
        if for_all:
            yield PodPolicy(found.at, found.name, (Setting(Allowed.EVERY_SOURCE, rule.block),))

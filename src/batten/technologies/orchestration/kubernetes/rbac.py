"""Roles and who holds them. Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Role, RoleBinding, RoleRule
from batten.model import UNKNOWN, Kind, Location, Setting
from batten.technologies.orchestration.kubernetes.cluster import Cluster
from batten.technologies.orchestration.kubernetes.objects import Field, KubernetesObject

_GROUP = "rbac.authorization.k8s.io"
_EVERYWHERE = {"Role": False, "ClusterRole": True, "RoleBinding": False, "ClusterRoleBinding": True}


def rbac_facts(cluster: Cluster) -> Iterator[Role | RoleBinding]:
    """Roles and bindings, Kubernetes' own left out: the API server puts those back as they are."""
    given = _given(cluster)
    for found in cluster.objects:
        if found.group != _GROUP or found.kind not in _EVERYWHERE or _vendors(found):
            continue
        if found.kind.endswith("Binding"):
            reference = found.body["roleRef"]
            subjects = tuple(_subject(item, found.namespace) for item in found.body["subjects"].items())
            role = reference["name"].word(found.at)
            users = frozenset(
                s["name"].text for s in found.body["subjects"].items() if s["kind"].text == "User"
            )
            binding_everywhere = _EVERYWHERE[found.kind]
            yield RoleBinding(
                found.at,
                role=role,
                everywhere=binding_everywhere,
                subjects=subjects,
                users=users,
                generated=_generated(found),
            )
        else:
            rules = tuple(_rule(item, number) for number, item in enumerate(found.body["rules"].items()))
            # A ClusterRole that is only given by RoleBindings holds in their namespaces.
            everywhere = found.kind != "Role" and given.get(found.name) != {"RoleBinding"}
            yield Role(
                found.at, name=found.name, rules=rules, everywhere=everywhere, generated=_generated(found)
            )


def _vendors(found: KubernetesObject) -> bool:
    own = found.labels.get("kubernetes.io/bootstrapping") == "rbac-defaults"
    return own or found.name.startswith(("system:", "kubeadm:"))


# The names and labels of what `flux bootstrap` writes, anew with each version: https://fluxcd.io/flux/installation/bootstrap/
_FLUX_NAMES = ("crd-controller-", "cluster-reconciler-")
_FLUX_LABELS = ("app.kubernetes.io/instance", "app.kubernetes.io/version")


def _generated(found: KubernetesObject) -> str:
    labels = found.labels
    own = labels.get("app.kubernetes.io/part-of") == "flux" and all(name in labels for name in _FLUX_LABELS)
    return "flux bootstrap" if own and found.name.startswith(_FLUX_NAMES) else ""


def _given(cluster: Cluster) -> dict[str, set[str]]:
    """The kinds of bindings that give each ClusterRole."""
    given: dict[str, set[str]] = {}
    for binding in cluster.objects:
        if binding.kind.endswith("RoleBinding") and binding.body["roleRef"]["kind"].text == "ClusterRole":
            given.setdefault(binding.body["roleRef"]["name"].text, set()).add(binding.kind)
    return given


def _rule(item: Field, number: int) -> RoleRule:
    def words(key: str) -> tuple[str, ...]:
        return tuple(word for word in item[key].words() if word != "\0")

    at = Location(item.source, f"{item.pointer.rpartition('[')[0]}[{number}]", item.span, kind=Kind.BLOCK)
    return RoleRule(
        at=at,
        groups=words("apiGroups"),
        resources=words("resources"),
        verbs=words("verbs"),
        names=words("resourceNames"),
        urls=words("nonResourceURLs"),
    )


def _subject(item: Field, namespace: str) -> Setting[str]:
    name = item["name"]
    at = item.named(f"{item.pointer.rpartition('[')[0]}[{name.text}]").block
    if not name.known or not name.text:
        return Setting(UNKNOWN, at)
    if item["kind"].text == "ServiceAccount":
        return Setting(f"{item['namespace'].text or namespace}/{name.text}", at)
    return Setting(name.text, at)

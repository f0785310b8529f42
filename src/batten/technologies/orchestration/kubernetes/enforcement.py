"""Policies that refuse pods when they are created: what they stop is a finding all the same, and says who stops it.

Sources: https://kubernetes.io/docs/concepts/security/pod-security-admission/,
https://kyverno.io/docs/policy-types/cluster-policy/validate/#pod-security, https://open-policy-agent.github.io/gatekeeper-library/website/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from batten.model import Switch
from batten.technologies.orchestration.kubernetes.objects import Field, KubernetesObject

# What the levels `baseline` and `restricted` forbid, of what is judged by switches.
_BASELINE = (Switch.PRIVILEGED, Switch.HOST_NETWORK, Switch.HOST_PID, Switch.HOST_IPC)
_LEVELS = frozenset(("baseline", "restricted"))
_LABEL = "pod-security.kubernetes.io/enforce"
_CONSTRAINTS: Mapping[str, tuple[Switch, ...]] = {
    "K8sPSPPrivilegedContainer": (Switch.PRIVILEGED,),
    "K8sPSPHostNamespace": (Switch.HOST_PID, Switch.HOST_IPC),
    "K8sPSPHostNetworkingPorts": (Switch.HOST_NETWORK,),
}


Refused = Mapping[Switch, str]
Kinds = Mapping[str, tuple[KubernetesObject, ...]]


def refusals(kinds: Kinds) -> dict[str, Refused]:
    """What is refused of pods, and by what: by namespace, and under "" what is refused in every one."""
    everywhere: dict[Switch, str] = {}
    for policy in kinds.get("ClusterPolicy", ()):
        if policy.group == "kyverno.io" and any(_enforces(policy, r) for r in policy.spec["rules"].items()):
            everywhere |= dict.fromkeys(_BASELINE, f"the policy `{policy.name}`")
    for kind, switches in _CONSTRAINTS.items():
        for constraint in kinds.get(kind, ()):
            if constraint.spec["enforcementAction"].text in ("", "deny"):
                keys = ("namespaces", "excludedNamespaces", "namespaceSelector", "labelSelector")
                if not any(constraint.spec["match"][key].exists for key in keys):
                    everywhere |= dict.fromkeys(switches, f"the constraint `{constraint.name}`")
    found: dict[str, Refused] = {"": everywhere}
    for one in kinds.get("Namespace", ()):
        level = one.labels.get(_LABEL, "")
        if level in _LEVELS and one.name:
            own = dict.fromkeys(_BASELINE, f"the level `{level}` of the namespace `{one.name}`")
            found[one.name] = {**everywhere, **own}
    return found


def _enforces(policy: KubernetesObject, rule: Field) -> bool:
    """Whether a rule of Kyverno's refuses, for every namespace, what a level of Kubernetes' own forbids."""
    validate = rule["validate"]
    action = validate["failureAction"].text or policy.spec["validationFailureAction"].text
    whole = not rule["exclude"].exists and not list(_namespaces(rule["match"]))
    return whole and action.lower() == "enforce" and validate["podSecurity"]["level"].text in _LEVELS


def _namespaces(match: Field) -> Iterator[Field]:
    for held in (match, *match["any"].items(), *match["all"].items()):
        for key in ("namespaces", "namespaceSelector", "selector", "names"):
            if held["resources"][key].exists:
                yield held["resources"][key]

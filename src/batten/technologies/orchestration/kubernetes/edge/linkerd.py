"""Linkerd's policies. Source: https://linkerd.io/2/reference/authorization-policy/"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import AccessRule
from batten.model.networks import everybody
from batten.technologies.orchestration.kubernetes.objects import KubernetesObject

_OPEN = "all-unauthenticated"
_INBOUND = "config.linkerd.io/default-inbound-policy"


def linkerd_facts(found: KubernetesObject) -> Iterator[AccessRule]:
    """Policies that admit clients without an identity of the mesh."""
    if found.group == "policy.linkerd.io":
        client = found.spec["client"]
        fields = [f for f in (found.spec["accessPolicy"],) if f.text == _OPEN]
        fields += [f for f in (client["unauthenticated"],) if f.text == "true"]
        for field in fields:
            yield AccessRule(field.here, f"`{found.name}`", "it admits unauthenticated clients")
        for field in (
            item["cidr"]
            for item in (*found.spec["networks"].items(), *found.spec["client"]["networks"].items())
            if everybody([item["cidr"].text])
        ):
            yield AccessRule(field.here, f"`{found.name}`", f"{field.text} is every address")
    written = found.body["metadata"]["annotations"][_INBOUND]
    if written.text == _OPEN and found.kind == "Namespace":
        yield AccessRule(written.here, f"`{_INBOUND}`", "it admits unauthenticated clients")

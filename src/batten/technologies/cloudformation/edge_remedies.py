"""Remedies for load balancers that need more than a key."""

from __future__ import annotations

from batten.formats.tree import Plain
from batten.model import Edit, Fix, Kind, Location, Safety
from batten.technologies.cloudformation.edits import add_item, path_to, put
from batten.technologies.cloudformation.resources import Resource, Stack
from batten.technologies.cloudformation.values import Path

CLASSIC = "AWS::ElasticLoadBalancing::LoadBalancer"
LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
_REDIRECT: list[Plain] = [
    {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}
]
# Attributes of load balancers are words beside their names.
_ATTRIBUTES = {
    "routing.http.drop_invalid_header_fields.enabled": "true",
    "routing.http.desync_mitigation_mode": "defensive",
}


def redirected(stack: Stack, listener: Resource) -> Fix | None:
    """A redirect in place of what a plain listener forwards to, where its balancer speaks TLS too."""
    title = "redirect plain HTTP to TLS"
    if not _speaks_tls(stack, listener.refers_to("LoadBalancerArn")):
        question = "which certificate does the load balancer use? add an HTTPS listener on port 443 first"
        return Fix(title, (), safety=Safety.VALUE, question=question)
    path = listener.written("DefaultActions")
    if path is None:
        return None
    edits = put(listener.template, path, list(_REDIRECT))
    return Fix(title, tuple(edits), safety=Safety.RISKY, breaks="clients that do not follow redirects")


def _speaks_tls(stack: Stack, balancer: str) -> bool:
    return any(
        listener.refers_to("LoadBalancerArn") == balancer and listener.value("Protocol").value == "HTTPS"
        for listener in stack.of(LISTENER)
    )


def refused(balancer: Resource, at: Location) -> Fix | None:
    """Invalid headers and ambiguous requests, where they are let through by an attribute."""
    path = path_to(balancer.template, at.span) if at.span is not None and at.kind is Kind.VALUE else None
    word = _ATTRIBUTES.get(str(balancer.template.plain_at((*path[:-1], "Key")))) if path else None
    if path is None or word is None:
        return None
    edits = put(balancer.template, path, word)
    return Fix(
        "refuse ambiguous requests",
        tuple(edits),
        safety=Safety.RISKY,
        breaks="clients that send invalid headers",
    )


_NEWER = "ELBSecurityPolicy-TLS-1-2-2017-01"  # the newest of AWS's policies for classic load balancers
_OLD = ("Protocol-SSLv3", "Protocol-TLSv1", "Protocol-TLSv1.1")


def negotiated(balancer: Resource, at: Location) -> Fix | None:
    """A classic load balancer's TLS versions: by the name of one of AWS's policies, one by one, or by a new policy."""
    path = path_to(balancer.template, at.span) if at.span is not None else None
    if path is None:
        return None
    edits = _policy_edits(balancer, path) if at.kind is Kind.VALUE else _new_policy(balancer, path)
    breaks = "clients that support only TLS 1.1 or older"
    return (
        Fix("accept TLS 1.2 and newer only", tuple(edits), safety=Safety.RISKY, breaks=breaks)
        if edits
        else None
    )


def _policy_edits(balancer: Resource, path: Path) -> list[Edit]:
    template, attributes = balancer.template, path[:-2]
    if template.plain_at((*path[:-1], "Name")) == "Reference-Security-Policy":
        return put(template, path, _NEWER)
    listed = template.plain_at(attributes)
    old = (
        [n for n, held in enumerate(listed) if isinstance(held, dict) and held.get("Name") in _OLD]
        if isinstance(listed, list)
        else []
    )
    return [edit for number in old for edit in put(template, (*attributes, number, "Value"), "false")]


def _new_policy(balancer: Resource, path: Path) -> list[Edit]:
    """A listener that names no policy gets one."""
    template, whole = balancer.template, balancer.written("Policies")
    if whole is None or template.has((*path, "PolicyNames")):
        return []
    policy: dict[str, Plain] = {
        "PolicyName": "TLS-1-2",
        "PolicyType": "SSLNegotiationPolicyType",
        "Attributes": [{"Name": "Reference-Security-Policy", "Value": _NEWER}],
    }
    listed = add_item(template, whole, policy) if template.has(whole) else put(template, whole, [policy])
    return [*put(template, (*path, "PolicyNames"), ["TLS-1-2"]), *listed]

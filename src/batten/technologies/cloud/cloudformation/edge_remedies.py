"""Remedies for load balancers that need more than a key."""

from __future__ import annotations

from batten.formats.tree import Plain
from batten.model import Fix, Kind, Location, Safety
from batten.technologies.cloud.cloudformation.edits import add_item, path_to, put
from batten.technologies.cloud.cloudformation.resources import Resource, Stack

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
    balancer = listener.refers_to("LoadBalancerArn")
    speaks_tls = any(
        listener.refers_to("LoadBalancerArn") == balancer and listener.value("Protocol").value == "HTTPS"
        for listener in stack.of(LISTENER)
    )
    if not speaks_tls:
        question = "which certificate does the load balancer use? add an HTTPS listener on port 443 first"
        return Fix(title, (), safety=Safety.VALUE, question=question)
    path = listener.written("DefaultActions")
    if path is None:
        return None
    edits = put(listener.template, path, list(_REDIRECT))
    return Fix(title, tuple(edits), safety=Safety.RISKY, breaks="clients that do not follow redirects")


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
    if at.kind is Kind.VALUE:
        template, attributes = balancer.template, path[:-2]
        if template.plain_at((*path[:-1], "Name")) == "Reference-Security-Policy":
            edits = put(template, path, _NEWER)
        else:
            listed = template.plain_at(attributes)
            old = (
                [n for n, held in enumerate(listed) if isinstance(held, dict) and held.get("Name") in _OLD]
                if isinstance(listed, list)
                else []
            )
            edits = [
                edit for number in old for edit in put(template, (*attributes, number, "Value"), "false")
            ]
    else:
        # A listener that names no policy gets one.
        new_template, whole = balancer.template, balancer.written("Policies")
        if whole is None or new_template.has((*path, "PolicyNames")):
            edits = []
        else:
            policy: dict[str, Plain] = {
                "PolicyName": "TLS-1-2",
                "PolicyType": "SSLNegotiationPolicyType",
                "Attributes": [{"Name": "Reference-Security-Policy", "Value": _NEWER}],
            }
            new_listed = (
                add_item(new_template, whole, policy)
                if new_template.has(whole)
                else put(new_template, whole, [policy])
            )
            edits = [*put(new_template, (*path, "PolicyNames"), ["TLS-1-2"]), *new_listed]
    breaks = "clients that support only TLS 1.1 or older"
    return (
        Fix("accept TLS 1.2 and newer only", tuple(edits), safety=Safety.RISKY, breaks=breaks)
        if edits
        else None
    )

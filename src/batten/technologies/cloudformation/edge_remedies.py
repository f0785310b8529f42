"""Remedies for load balancers that need more than a key."""

from __future__ import annotations

from batten.formats.tree import Plain
from batten.model import Fix, Kind, Location, Safety
from batten.technologies.cloudformation.edits import path_to, put
from batten.technologies.cloudformation.resources import Resource, Stack

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

"""Classic load balancers: their listeners, TLS policies and access logs.

Terraform has policies in resources of their own, CloudFormation in the balancer. A listener with TLS and without a policy
of its own has ELBSecurityPolicy-2016-08, which accepts TLS 1.0 (Elastic Load Balancing, "Predefined SSL security policies
for Classic Load Balancers").
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import AccessLog, Fact, Listener
from batten.model import ABSENT, UNKNOWN, Setting, Unknown
from batten.technologies.shared.aws.gateways import tls_listener
from batten.technologies.shared.aws.resource import Resource, Resources, Value
from batten.technologies.shared.aws.settings import number, of, path, setting, text, truth, words
from batten.technologies.shared.aws.tls_policies import TLS, versions

_OUTSIDE_TLS = ("HTTPS", "SSL")
_NONE: tuple[str, ...] = ()


def facts(resources: Resources) -> Iterator[Fact]:
    for balancer in resources.of("aws_elb", "AWS::ElasticLoadBalancing::LoadBalancer"):
        # Whether only its own network reaches it; what is not known may be so.
        if balancer.language == "terraform":
            internal = setting(balancer, "internal", truth, False).known(True)
        else:
            internal = setting(balancer, "Scheme", text, "internet-facing").known("internal") == "internal"
        outside = not internal
        for listener in balancer.each(of(balancer, "listener", "Listeners")):
            yield from _listener(balancer, listener, outside)
        at = balancer.block()
        key = of(balancer, "access_logs", "AccessLoggingPolicy")
        if balancer.language == "terraform":
            if setting(balancer, "access_logs/bucket", text).value is ABSENT and balancer.whole(key):
                yield AccessLog(at, Setting(ABSENT, at, False), Setting(UNKNOWN, at))
        else:
            on = setting(balancer, f"{key}/Enabled", truth, False)
            place = on if on.written else Setting(on.value, balancer.value(*path(key)).at, on.default)
            yield AccessLog(at, place, Setting(UNKNOWN, at))


def _listener(balancer: Resource, listener: Resource, outside: bool) -> Iterator[Fact]:
    at = listener.block()
    protocol = setting(listener, of(listener, "lb_protocol", "Protocol"), text)
    kind = protocol.known("").upper()
    if kind == "HTTP" and outside:
        port = setting(listener, of(listener, "lb_port", "LoadBalancerPort"), number)
        yield Listener(at, address=Setting(UNKNOWN, at), port=port, tls=Setting(False, protocol.at))
    elif kind in _OUTSIDE_TLS and listener.language == "cloudformation":
        yield tls_listener(at, _versions(balancer, listener))


def _versions(balancer: Resource, listener: Resource) -> Setting[tuple[str, ...]]:
    """What the policies that the listener names let clients choose."""
    named = setting(listener, "PolicyNames", words, _NONE)
    if isinstance(named.value, Unknown) or not balancer.whole("Policies"):
        return Setting(UNKNOWN, named.at)
    held = [p for p in balancer.each("Policies") if p.value("PolicyName").value in named.known(_NONE)]
    kinds = {setting(policy, "PolicyType", text).known("?"): policy for policy in held}
    if "?" in kinds or len(held) != len(named.known(_NONE)):
        return Setting(UNKNOWN, named.at)
    if "SSLNegotiationPolicyType" not in kinds:
        standard: Setting[str] = Setting(ABSENT, listener.block(), "ELBSecurityPolicy-2016-08")
        return versions(standard)
    # A policy is one of AWS's by its name, or a list of protocols and ciphers.
    negotiated_policy = kinds["SSLNegotiationPolicyType"]
    listed = {
        str(a.value("Name").value): setting(a, "Value", word) for a in negotiated_policy.each("Attributes")
    }
    if not negotiated_policy.whole("Attributes"):
        return Setting(UNKNOWN, negotiated_policy.block())
    negotiated_standard = listed.get("Reference-Security-Policy")
    if negotiated_standard is not None:
        return versions(negotiated_standard)
    on = tuple(
        v
        for v in ("SSLv3", *TLS)
        if f"Protocol-{v}" in listed and listed[f"Protocol-{v}"].known("") == "true"
    )
    return Setting(on or UNKNOWN, listed[f"Protocol-{on[0]}"].at if on else negotiated_policy.block())


def word(value: Value) -> str | Unknown:
    """A text as it is, and a switch in either spelling as CloudFormation compares it."""
    return str(value).lower() if isinstance(value, bool) else text(value)

"""The policies of classic load balancers, which list TLS versions one by one."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Listener
from batten.model import Setting
from batten.technologies.shared.aws.gateways import tls_listener
from batten.technologies.shared.aws.resource import Resource, Resources
from batten.technologies.shared.aws.settings import setting, text

_OLD = ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1")
_POLICIES = (("aws_lb_ssl_negotiation_policy", "attribute"), ("aws_load_balancer_policy", "policy_attribute"))


def policies(resources: Resources) -> Iterator[Listener]:
    for type_, key in _POLICIES:
        for policy in resources.of(type_):
            for attribute in policy.each(key):
                yield from _protocol(policy, attribute)


def _protocol(policy: Resource, attribute: Resource) -> Iterator[Listener]:
    """`Protocol-TLSv1 = true` accepts that version beside what else is listed."""
    version = setting(attribute, "name", text).known("").removeprefix("Protocol-")
    value = setting(attribute, "value", str)
    if version in _OLD and value.is_known and value.known("").lower() == "true":
        yield tls_listener(policy.block(), Setting((version,), value.at))

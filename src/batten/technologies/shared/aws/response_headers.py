"""Response headers policies of CloudFront: what they add to answers, and which pages on other origins may read them.

What a policy leaves out the origin may send, so that it is not known. Names are those of CloudFormation; Terraform's are
the same words in small letters (AWS::CloudFront::ResponseHeadersPolicy; `aws_cloudfront_response_headers_policy`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import CorsPolicy, Fact, ResponseHeaders, SentHeader
from batten.model import UNKNOWN, Setting, Unknown
from batten.technologies.shared.aws.gateways import cors_origins
from batten.technologies.shared.aws.resource import Resource, Resources, Value
from batten.technologies.shared.aws.settings import number, path, setting, text, truth, words, written

TYPES = ("aws_cloudfront_response_headers_policy", "AWS::CloudFront::ResponseHeadersPolicy")
_SECURITY = "SecurityHeadersConfig"
# Header, and the key of its value below SecurityHeadersConfig.
_TEXTS = (
    ("content-security-policy", "ContentSecurityPolicy/ContentSecurityPolicy"),
    ("x-frame-options", "FrameOptions/FrameOption"),
    ("referrer-policy", "ReferrerPolicy/ReferrerPolicy"),
)
_LEFT_TO_ORIGIN = (
    "strict-transport-security", "content-security-policy", "x-frame-options", "x-content-type-options",
    "referrer-policy", "permissions-policy", "cross-origin-resource-policy", "cross-origin-opener-policy",
    "cache-control", "x-xss-protection",
)  # fmt: skip
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NONE: tuple[str, ...] = ()


def facts(resources: Resources) -> Iterator[Fact]:
    for policy in resources.of(*TYPES):
        at = policy.block()
        sent = {name: SentHeader(Setting(UNKNOWN, at)) for name in _LEFT_TO_ORIGIN}
        for name, below in _TEXTS:
            held = setting(policy, key(policy, f"{_SECURITY}/{below}"), text)
            if held.written:
                sent[name] = SentHeader(held)
        if written(policy, key(policy, f"{_SECURITY}/StrictTransportSecurity")):
            outer = f"{_SECURITY}/StrictTransportSecurity"
            age = setting(policy, key(policy, f"{outer}/AccessControlMaxAgeSec"), number)
            if not age.is_known:
                hsts: Setting[str] = Setting(UNKNOWN, age.at)
            else:
                hsts = Setting(f"max-age={age.known(0)}", age.at)
            sent["strict-transport-security"] = SentHeader(hsts)
        filtered = setting(
            policy,
            key(
                policy,
                f"{_SECURITY}/XSSProtection/Protection".replace(
                    "XSSP", "XssP" if policy.language == "terraform" else "XSSP"
                ),
            ),
            truth,
        )
        if filtered.known(False):
            sent["x-xss-protection"] = SentHeader(Setting("1", filtered.at))
        sent.update(_own(policy))
        yield ResponseHeaders(at, over_tls=True, sent=sent, forwarded=True)
        yield from _cors(policy)


def key(resource: Resource, name: str) -> str:
    """A property below the policy's configuration, as the resource's language writes it."""
    if resource.language == "terraform":
        return _CAPITAL.sub("_", name).lower()
    return f"ResponseHeadersPolicyConfig/{name}"


def _own(policy: Resource) -> Iterator[tuple[str, SentHeader]]:
    """Headers that are named in the policy itself."""
    for item in policy.each(*path(key(policy, "CustomHeadersConfig/Items"))):
        terraform = item.language == "terraform"
        name = setting(item, "header" if terraform else "Header", text).known("")
        value = setting(item, "value" if terraform else "Value", text, UNKNOWN)
        if name:
            yield name.lower(), SentHeader(value)


def _cors(policy: Resource) -> Iterator[CorsPolicy]:
    outer = key(policy, "CorsConfig")
    if not written(policy, outer):
        return
    names = (
        "AccessControlAllowOrigins/Items",
        "AccessControlAllowMethods/Items",
        "AccessControlAllowHeaders/Items",
    )
    origins, methods, headers = (_listed(policy, f"CorsConfig/{name}") for name in names)
    at = next((s.at for s in (origins,) if s.written), policy.block())
    yield CorsPolicy(
        at,
        origins=cors_origins(origins),
        credentials=setting(policy, key(policy, "CorsConfig/AccessControlAllowCredentials"), truth, False),
        methods=methods,
        headers=headers,
        varies=Setting(UNKNOWN, at),
    )


def _listed(policy: Resource, name: str) -> Setting[tuple[str, ...]]:
    return setting(policy, key(policy, name), _verbs, _NONE)


def _verbs(value: Value) -> tuple[str, ...] | Unknown:
    """`ALL` stands for every method."""
    held = words(value)
    return held if isinstance(held, Unknown) else tuple("*" if word == "ALL" else word for word in held)

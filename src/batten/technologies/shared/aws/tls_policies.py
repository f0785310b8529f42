"""TLS versions that AWS's named policies let clients choose.

Sources: Elastic Load Balancing, "Security policies"; CloudFront, "Supported protocols and ciphers between viewers and
CloudFront"; API Gateway, "Choose a security policy"; OpenSearch Service API reference, DomainEndpointOptions.
"""

from __future__ import annotations

import re

from batten.model import ABSENT, UNKNOWN, Setting

TLS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_FLOORS = (  # in the order they are looked for: of load balancers, of CloudFront
    (re.compile(r"TLS13-1-3|TLSv1\.3"), 3),
    (re.compile(r"TLS13-1-2|TLS-1-2|FS-1-2|TLSv1\.2"), 2),
    (re.compile(r"TLS13-1-1|TLS-1-1|FS-1-1|TLSv1\.1"), 1),
    (
        re.compile(
            r"Min-TLS-1-0|ELBSecurityPolicy-(?:2014-10|2015|2016|FS-2018|TLS-1-0|TLS13-1-0)|TLSv1(?:_2016)?$|SSLv3"
        ),
        0,
    ),
)


def versions(policy: Setting[str]) -> Setting[tuple[str, ...]]:
    """The TLS versions that a policy of AWS's lets clients choose."""
    name = policy.known("")
    floor = next((floor for pattern, floor in _FLOORS if pattern.search(name)), None)
    if floor is None:
        return Setting(UNKNOWN, policy.at)
    known: tuple[str, ...] = ("SSLv3", *TLS) if "SSLv3" in name else TLS[floor:]
    return Setting(ABSENT, policy.at, known) if policy.value is ABSENT else Setting(known, policy.at)

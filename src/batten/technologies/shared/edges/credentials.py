"""Names of headers, cookies and parameters that carry credentials."""

from __future__ import annotations

import re

SCHEME = re.compile(r"^(?:Basic|Bearer|Token|ApiKey)\s+", re.IGNORECASE)  # before a header's credential
_CREDENTIAL = re.compile(
    r"authorization|proxy-authorization|cookie|set-cookie|x-(?:api|auth|access|csrf)-(?:key|token)|api-?key|apikey"
    r"|x-amz-security-token|(?:[\w-]+[_-])?(?:token|secret|password|passwd|pwd|api[_-]?key)",
    re.IGNORECASE,
)


def credential(name: str) -> bool:
    """Whether a header, cookie or parameter of this name carries a credential, so that no log may."""
    return bool(_CREDENTIAL.fullmatch(name.strip()))

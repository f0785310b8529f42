"""What only Kong gets wrong: the TLS that its Lua code offers to the servers that it calls.

Source: https://developer.konghq.com/gateway/configuration/#lua-ssl-protocols
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls import control
from batten.controls.transport import OLD, TlsVersion
from batten.facts import Fact
from batten.model import MinimumTls, Setting, Severity, Violation
from batten.model.record import record


@record
class Offered(Fact):
    """Protocol versions, with blanks between."""

    versions: Setting[str]


@control("TLS 1.2 or newer only", Severity.MEDIUM, "V4", slug="tls-version")
def offered_versions(offered: Offered) -> Iterator[Violation]:
    """An attacker between Kong and an identity provider or a log server downgrades their connection."""
    old = [v for v in offered.versions.known("").split() if v in OLD]
    if old:
        message = f"obsolete protocol versions are offered to other servers: {', '.join(old)}"
        yield Violation(TlsVersion.OLD_VERSION, message, offered.versions.at, remedy=MinimumTls())

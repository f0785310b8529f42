"""Controls on contracts of messages."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls._addresses import is_private
from batten.controls._registry import control
from batten.controls.contract import OperationsAuthenticated
from batten.facts import MessageServer
from batten.model import ABSENT, RequireAuth, Severity, Violation
from batten.patterns import fits
from batten.policy import Policy


@control(
    "Every operation requires credentials or is declared public", Severity.HIGH, "V1 V3",
    slug="operations-authenticated",
)  # fmt: skip
def brokers_authenticated(server: MessageServer, policy: Policy) -> Iterator[Violation]:
    """Anyone who reaches a broker without authentication reads every message, and sends messages of their own."""
    if not server.host or is_private(server.host):
        return
    if any(fits(f"server {server.name}", pattern) for pattern in policy.public):
        return
    if server.security.value is ABSENT and server.shown:
        message = f"the server `{server.name}` declares no security scheme, though its channels take the credential `{server.shown}`"
        yield Violation(
            OperationsAuthenticated.BROKER,
            message,
            server.security.at,
            remedy=RequireAuth(),
            severity=Severity.LOW,
        )
    elif server.security.value is ABSENT or server.security.known(None) == ():
        message = f"the server `{server.name}` requires no credentials, nor do all of its operations"
        yield Violation(OperationsAuthenticated.BROKER, message, server.security.at, remedy=RequireAuth())

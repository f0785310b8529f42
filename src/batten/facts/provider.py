"""What a provider of identities announces of itself (OpenID Connect Discovery, RFC 8414)."""

from __future__ import annotations

from batten.facts.fact import Fact
from batten.model.record import record


@record(kw_only=True)
class Provider(Fact):
    """Everything is as announced; () and "" where nothing is."""

    issuer: str
    grants: tuple[str, ...]
    responses: tuple[str, ...]  # response types of the authorization endpoint
    signing: tuple[str, ...]  # algorithms of ID tokens
    endpoints: tuple[str, ...]  # URLs that credentials, codes, tokens or keys pass
    registration: str  # the URL at which clients register themselves

from __future__ import annotations

from datetime import datetime

from batten.facts.fact import Fact
from batten.model import Setting
from batten.model.record import record


@record
class Certificate(Fact):
    """A server certificate, from a file or from a handshake."""

    host: str  # the name asked for; "" for a file
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    issuer: str
    self_signed: bool
    key: str  # "RSA 2048", "EC secp256r1", "Ed25519"
    key_bits: int
    signature: str  # "sha256" …
    chain_complete: Setting[bool]  # UNKNOWN when no trust anchor was given to judge by
    trusted: Setting[bool]
    name_matches: Setting[bool]
    now: datetime  # the moment it was judged at

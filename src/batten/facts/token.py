"""Tokens that a user gave for an environment, and what its API takes of them."""

from __future__ import annotations

from enum import Enum

from batten.facts.fact import Fact
from batten.model.record import record


@record(kw_only=True)
class TokenShape(Fact):
    """A signed token (JWT) as its header and claims describe it; its values are never kept."""

    carrier: str  # the header that it is sent in
    algorithm: str  # "HS256", "RS256", "none" …
    seconds: float | None  # from its issue to its end; None: it has none
    dated: bool  # it says when it was issued, so that `seconds` is known
    audience: bool  # it says for whom it is


class Forgery(Enum):
    """What is wrong with a token."""

    ALTERED = "altered"  # its signature is not that of its content
    UNSIGNED = "unsigned"  # its header says that it has no signature
    EXPIRED = "expired"


@record
class TokenAccepted(Fact):
    """An operation that refuses anonymous clients, and answered with content to a token that is not valid."""

    operation: str
    forgery: Forgery

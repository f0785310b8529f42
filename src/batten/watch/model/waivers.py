"""Findings that are accepted until a day."""

from __future__ import annotations

from enum import Enum

from batten.model.record import record
from batten.watch.model.posture import Side


class WaiverState(Enum):
    """PROPOSED waits for somebody else's word, where four eyes are required."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


@record(kw_only=True)
class Waiver:
    """A finding that is accepted until a day: by its fingerprint and the value seen, in one environment. `proposer` is the
    account of who proposed it (0: the service itself), who may not approve it where four eyes are required. `replaces` is
    the waiver that it extends, which ends when this one is approved."""

    id: int = 0
    environment: int
    side: Side
    fingerprint: str
    value: str
    control: str
    message: str
    owner: str
    reason: str
    ticket: str = ""
    until: int
    state: WaiverState = WaiverState.ACTIVE
    created: int
    by: str
    proposer: int = 0
    replaces: int = 0
    approved: str = ""  # who approved it
    ended: int | None = None
    ended_by: str = ""
    warned: bool = False  # that it ends soon was told

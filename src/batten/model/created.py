from __future__ import annotations

from batten.model.record import record


@record
class Created:
    """Something that an active assessment created, or may have created. `address` is "" where no answer names it;
    `reason` says why it was not removed, or why that was not necessary."""

    method: str
    url: str
    status: int = 0  # 0: no answer
    address: str = ""
    removed: bool = False
    reason: str = ""

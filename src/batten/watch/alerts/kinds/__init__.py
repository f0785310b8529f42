"""One module a kind of channel: which settings it has, and how it sends."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from batten.live.addresses import Addresses
from batten.model.record import record
from batten.watch.alerts.notices import Notice


@record
class Field:
    """A setting of a channel: what it is for, whether it must be there, whether it is a secret (then it is written `${NAME}`)."""

    says: str
    required: bool = True
    secret: bool = False


@record(kw_only=True)
class Order:
    """What one message needs: `key` is the same when it is sent again, `settings` have their secrets in place, `url` is that of the
    service ("" where it has none), `sent` is now (milliseconds)."""

    key: str
    notices: tuple[Notice, ...]
    settings: Mapping[str, str]
    url: str
    sent: int
    allowed: Addresses

    def link(self, notice: Notice) -> str:
        """Where people read more; "" where the service has no URL."""
        if not self.url:
            return ""
        page = f"findings/{notice.life}" if notice.life else f"environments/{notice.number}"
        return f"{self.url.rstrip('/')}/{page}"


@record
class Kind:
    """How a kind of channel is set up, and how it sends. `send` raises Undelivered."""

    fields: Mapping[str, Field]
    send: Callable[[Order], None]

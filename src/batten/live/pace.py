from __future__ import annotations

import asyncio
import time

from batten.live.exchange import NotAnswered


class Pace:
    """Turns to ask: never more a second than agreed, and never more in all."""

    def __init__(self, rate: float, budget: int) -> None:
        self.gap = 1 / rate if rate > 0 else 0.0
        self.budget = budget
        self.taken = 0
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for the next turn; NotAnswered when the budget is spent."""
        if self.taken >= self.budget:
            raise NotAnswered(f"the budget of {self.budget} requests is spent")
        self.taken += 1
        now = time.monotonic()
        at = max(now, self._next)
        self._next = at + self.gap
        if at > now:
            await asyncio.sleep(at - now)

    def slow(self) -> None:
        """The other side asked for fewer: halve the rate, down to one a second."""
        self.gap = min(max(self.gap * 2, 0.01), 1.0)

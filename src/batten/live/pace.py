from __future__ import annotations

import asyncio
import time

from batten.live.exchange import NotSent


class Pace:
    """Turns to ask: never more a second than agreed, and never more in all."""

    def __init__(self, rate: float, budget: int) -> None:
        self.gap = 1 / rate if rate > 0 else 0.0
        self.budget = budget
        self.taken = 0
        self.held = 0  # turns of the budget that are kept for removing what was created
        self._next = 0.0
        self._slowed = 0.0

    def hold(self, turns: int) -> None:
        """Keep turns for later; NotSent when the budget has no room for them and one more."""
        if self.taken + self.held + turns >= self.budget:
            raise NotSent(
                f"the budget of {self.budget} requests leaves no room to remove what this would create"
            )
        self.held += turns

    def free(self, turns: int) -> None:
        """Turns that were kept and are not needed."""
        self.held -= turns

    async def turn(self, kept: bool = False) -> None:
        """Wait for the next turn, of those that are `kept` or of the others; NotSent when the budget is spent."""
        if self.taken + (0 if kept else self.held) >= self.budget:
            raise NotSent(f"the budget of {self.budget} requests is spent")
        self.taken += 1
        self.held -= 1 if kept and self.held else 0
        now = time.monotonic()
        at = max(now, self._next)
        self._next = at + self.gap
        if at > now:
            await asyncio.sleep(at - now)

    def slow(self) -> None:
        """The other side asked for fewer: halve the rate, at most once a second and to four a second.
        Answers to what was already on its way then do not slow it further."""
        now = time.monotonic()
        if now - self._slowed > 1:
            self._slowed = now
            self.gap = max(self.gap, min(max(self.gap * 2, 0.01), 0.25))

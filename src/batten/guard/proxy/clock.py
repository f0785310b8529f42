"""The time of a worker, read once in a while: deadlines need no more, and a timer each would cost more."""

from __future__ import annotations

import time

TICK = 0.25  # seconds


class Clock:
    __slots__ = ("now",)

    def __init__(self) -> None:
        self.now = time.monotonic()

    def tick(self) -> float:
        self.now = time.monotonic()
        return self.now

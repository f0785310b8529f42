"""Workers that have stopped to answer: each shows that its loop turns, and one that does not for long is replaced."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from batten.guard.log import logger
from batten.guard.proxy.meter import BEAT, REPLACED, Meters

GRACE = 1.0  # seconds from SIGTERM to SIGKILL
_BEGINNING = 6  # times as long for the first sign
_LOOK = 1.0  # seconds that one look counts for at most: a machine that slept is not a worker that hangs


@dataclass(slots=True)
class Watch:
    """What a worker's row shows, and for how long it has shown that."""

    meters: Meters = field(repr=False)
    seconds: float  # without a sign of life; 0 for no end
    _looked: float = 0.0
    _beats: dict[int, int] = field(default_factory=dict)  # process -> what its row showed
    _silent: dict[int, float] = field(default_factory=dict)  # process -> seconds
    _warned: set[int] = field(default_factory=set)  # processes that got SIGTERM

    def turn(self, workers: Mapping[int, int], now: float) -> None:
        """Look at the workers (process: number)."""
        passed = min(now - self._looked, _LOOK) if self._looked else 0.0
        self._looked = now
        for process in self._beats.keys() - workers.keys():
            del self._beats[process], self._silent[process]
            self._warned.discard(process)
        for process, number in workers.items():
            beat = self.meters.row(number).get(BEAT)
            if self._beats.get(process) != beat:
                self._beats[process], self._silent[process] = beat, 0.0
                continue
            self._silent[process] += passed
            limit = self.seconds if beat else self.seconds * _BEGINNING
            if limit and self._silent[process] >= limit:
                self._end(process, number, self._silent[process], limit)

    def _end(self, process: int, number: int, silent: float, limit: float) -> None:
        if process not in self._warned:
            self._warned.add(process)
            self.meters.row(number).add(REPLACED)
            logger.error("worker %d has not answered for %.0f seconds and is replaced", number, silent)
            _send(process, signal.SIGTERM)
        elif silent >= limit + GRACE:
            _send(process, signal.SIGKILL)


def _send(process: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, number)

"""Which runs have lost their worker, told without a clock that can be set.

A run is lost when its worker's process is known to be gone, or when it was looked at again and again for a whole term, by this
process's own monotonic clock, and its worker has not said in between that it still has it. Such a worker may only hang; but the
process that assesses for it has ended by then, since it is allowed to live only as long as its worker proves the lease
(`holding.py`). A gap between two looks (this machine slept, the database was away) begins a new term: the others get the time
to come back, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from batten.model.record import record
from batten.watch.model import Run
from batten.watch.schedule.workers import Life


@record
class _Sight:
    run: Run
    since: float  # seconds


class Watching:
    """What was seen of the runs in progress. `term` is in seconds."""

    def __init__(self, term: float) -> None:
        self.term = term
        self._seen: dict[int, _Sight] = {}
        self._looked: float | None = None

    def lost(
        self, running: Iterable[Run], at: float, life: Callable[[str], Life], mine: Callable[[Run], bool]
    ) -> list[Run]:
        """The runs of these that have lost their worker; `at` is the monotonic time after they were read."""
        if self._looked is None or at - self._looked > self.term / 2:
            self._seen = {}
        self._looked = at
        before, self._seen = self._seen, {}
        found = []
        for run in running:
            if mine(run):
                continue
            known = before.get(run.id)
            same = known is not None and _mark(known.run) == _mark(run)
            sight = known if known is not None and same else _Sight(run, at)
            self._seen[run.id] = sight
            if life(run.worker) is Life.GONE or at - sight.since >= self.term:
                found.append(run)
        return found


def _mark(run: Run) -> tuple[str, int, int]:
    return run.worker, run.attempt, run.beats

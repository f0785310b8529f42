"""Counters of all workers in one piece of shared memory; each worker writes its own row, and one process reads them."""

from __future__ import annotations

import mmap
import time

from batten.guard.options import Rule
from batten.guard.proxy.operation_meter import OPERATIONS_WIDTH, Numbers, OperationMeter, read_operations

_RULES = tuple(Rule)
_OBSERVED = len(_RULES)
CLIENTS, UPSTREAMS, FAILURES, LOG_LOST, RELOADS, RELOADS_FAILED, READY, BEAT, REPLACED = range(
    2 * len(_RULES), 2 * len(_RULES) + 9
)
# When a connection to each upstream was made, and when none could be made, in milliseconds.
MOST_UPSTREAMS = 64  # that are told apart
_REACHED = REPLACED + 1
_UNREACHED = _REACHED + MOST_UPSTREAMS
_OPERATIONS = _UNREACHED + MOST_UPSTREAMS
WIDTH = _OPERATIONS + OPERATIONS_WIDTH
_INDEX = {rule: at for at, rule in enumerate(_RULES)}


class Meters:
    """One row of 64-bit numbers for each worker."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._cells = memoryview(mmap.mmap(-1, workers * WIDTH * 8)).cast("Q")

    def row(self, worker: int) -> Meter:
        return Meter(self._cells[worker * WIDTH : (worker + 1) * WIDTH])

    def sum(self, cell: int) -> int:
        return sum(self._cells[cell::WIDTH])

    def rules(self, observed: bool) -> dict[Rule, int]:
        start = _OBSERVED if observed else 0
        return {rule: self.sum(start + at) for rule, at in _INDEX.items()}

    def operations(self) -> dict[str, Numbers]:
        """What was counted of each operation that was asked for."""
        found: dict[str, Numbers] = {}
        for worker in range(self.workers):
            start = worker * WIDTH + _OPERATIONS
            read_operations(self._cells[start : start + OPERATIONS_WIDTH], found)
        return found

    def reaches_upstream(self) -> bool:
        """Whether the last connection that was tried was made, of each upstream; true before the first."""
        cells = self._cells
        return all(
            max(cells[_UNREACHED + at :: WIDTH]) <= max(cells[_REACHED + at :: WIDTH])
            for at in range(MOST_UPSTREAMS)
        )


class Meter:
    __slots__ = ("_cells", "answered")

    def __init__(self, cells: memoryview) -> None:
        self._cells = cells
        self.answered = OperationMeter(cells[_OPERATIONS:]).answered

    def enforced(self, rule: Rule) -> None:
        self._cells[_INDEX[rule]] += 1

    def observed(self, rule: Rule) -> None:
        self._cells[_OBSERVED + _INDEX[rule]] += 1

    def put(self, cell: int, value: int) -> None:
        self._cells[cell] = value

    def get(self, cell: int) -> int:
        return self._cells[cell]

    def tried_upstream(self, reached: bool, number: int = 0) -> None:
        at = (_REACHED if reached else _UNREACHED) + number % MOST_UPSTREAMS
        self._cells[at] = time.monotonic_ns() // 1_000_000

    def rest(self) -> None:
        """The worker is no more: what tells how things are goes, what counts stays."""
        for cell in (CLIENTS, UPSTREAMS, READY, BEAT):
            self._cells[cell] = 0

    def add(self, cell: int) -> None:
        self._cells[cell] += 1

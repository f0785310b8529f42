"""Counters of all workers in one piece of shared memory; each worker writes its own row, and one process reads them."""

from __future__ import annotations

import mmap
from bisect import bisect_left
from collections.abc import Iterator

from batten.guard.options import Rule

_RULES = tuple(Rule)
_CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)  # seconds
_ENFORCED = len(_CLASSES)
_OBSERVED = _ENFORCED + len(_RULES)
_BUCKETS = _OBSERVED + len(_RULES)
_SUM = _BUCKETS + len(BOUNDS) + 1  # microseconds
CLIENTS, UPSTREAMS, FAILURES, LOG_LOST, RELOADS, RELOADS_FAILED, READY = range(_SUM + 1, _SUM + 8)
WIDTH = READY + 1
_INDEX = {rule: at for at, rule in enumerate(_RULES)}


class Meters:
    """One row of 64-bit numbers for each worker."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._cells = memoryview(mmap.mmap(-1, workers * WIDTH * 8)).cast("Q")

    def row(self, worker: int) -> Meter:
        return Meter(self._cells[worker * WIDTH : (worker + 1) * WIDTH])

    def sums(self) -> list[int]:
        return [sum(self._cells[at::WIDTH]) for at in range(WIDTH)]


class Meter:
    __slots__ = ("_cells",)

    def __init__(self, cells: memoryview) -> None:
        self._cells = cells

    def answered(self, status: int, seconds: float) -> None:
        cells = self._cells
        cells[status // 100 - 1] += 1
        cells[_BUCKETS + bisect_left(BOUNDS, seconds)] += 1
        cells[_SUM] += int(seconds * 1_000_000)

    def enforced(self, rule: Rule) -> None:
        self._cells[_ENFORCED + _INDEX[rule]] += 1

    def observed(self, rule: Rule) -> None:
        self._cells[_OBSERVED + _INDEX[rule]] += 1

    def put(self, cell: int, value: int) -> None:
        self._cells[cell] = value

    def rest(self) -> None:
        """The worker is no more: what tells how things are goes, what counts stays."""
        for cell in (CLIENTS, UPSTREAMS, READY):
            self._cells[cell] = 0

    def add(self, cell: int) -> None:
        self._cells[cell] += 1


def exposition(sums: list[int], workers_alive: int) -> str:
    """The Prometheus text format."""
    return "\n".join((*_lines(sums, workers_alive), ""))


def _lines(sums: list[int], alive: int) -> Iterator[str]:
    yield from _family("batten_guard_requests_total", "counter", "Requests that were answered")
    for at, name in enumerate(_CLASSES):
        yield f'batten_guard_requests_total{{status="{name}"}} {sums[at]}'
    for start, mode in ((_ENFORCED, "enforced"), (_OBSERVED, "observed")):
        name = f"batten_guard_{mode}_total"
        yield from _family(name, "counter", f"Requests and answers that broke a rule, {mode}")
        for rule, at in _INDEX.items():
            yield f'{name}{{rule="{rule.value}"}} {sums[start + at]}'
    yield from _histogram(sums)
    for cell, name, kind, text in (
        (CLIENTS, "client_connections", "gauge", "Open connections of clients"),
        (UPSTREAMS, "upstream_connections", "gauge", "Open connections to the upstream"),
        (FAILURES, "upstream_failures_total", "counter", "Upstream connections that failed"),
        (LOG_LOST, "access_log_lost_total", "counter", "Access log lines that could not be written"),
        (RELOADS, "reloads_total", "counter", "Reloads of contract and policy that took effect"),
        (RELOADS_FAILED, "reloads_failed_total", "counter", "Reloads of contract and policy that failed"),
    ):
        yield from _family(f"batten_guard_{name}", kind, text)
        yield f"batten_guard_{name} {sums[cell]}"
    yield from _family("batten_guard_workers", "gauge", "Running workers")
    yield f"batten_guard_workers {alive}"


def _histogram(sums: list[int]) -> Iterator[str]:
    name = "batten_guard_request_duration_seconds"
    yield from _family(name, "histogram", "Time from a request's header section to the end of its answer")
    total = 0
    for at, bound in enumerate((*map(str, BOUNDS), "+Inf")):
        total += sums[_BUCKETS + at]
        yield f'{name}_bucket{{le="{bound}"}} {total}'
    yield f"{name}_sum {sums[_SUM] / 1_000_000}"
    yield f"{name}_count {total}"


def _family(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# HELP {name} {text}."
    yield f"# TYPE {name} {kind}"

"""Metrics in the Prometheus text format (its documentation: "Exposition formats", version 0.0.4)."""

from __future__ import annotations

from collections.abc import Iterator

from batten.guard.proxy import meter as cells
from batten.guard.proxy.meter import Meters
from batten.guard.proxy.operation_meter import BOUNDS, CLASSES, Numbers

_SINGLE = (
    (cells.CLIENTS, "client_connections", "gauge", "Open connections of clients"),
    (cells.UPSTREAMS, "upstream_connections", "gauge", "Open connections to the upstream"),
    (cells.FAILURES, "upstream_failures_total", "counter", "Upstream connections that failed"),
    (cells.LOG_LOST, "access_log_lost_total", "counter", "Access log lines that could not be written"),
    (cells.RELOADS, "reloads_total", "counter", "Reloads of contract and policy that took effect"),
    (cells.RELOADS_FAILED, "reloads_failed_total", "counter", "Reloads of contract and policy that failed"),
)


def exposition(meters: Meters, workers_alive: int) -> str:
    return "\n".join((*_lines(meters, workers_alive), ""))


def _lines(meters: Meters, alive: int) -> Iterator[str]:
    operations = sorted(meters.operations().items())
    yield from _family("batten_guard_requests_total", "counter", "Requests that were answered, by operation")
    for label, numbers in operations:
        for name, number in zip(CLASSES, numbers, strict=False):
            if number:
                yield f'batten_guard_requests_total{{{_labels(label)},status_class="{name}"}} {number}'
    for observed, mode in ((False, "enforced"), (True, "observed")):
        name = f"batten_guard_{mode}_total"
        yield from _family(name, "counter", f"Requests and answers that broke a rule, {mode}")
        for rule, number in meters.rules(observed).items():
            yield f'{name}{{rule="{rule.value}"}} {number}'
    yield from _durations(operations)
    for cell, name, kind, text in _SINGLE:
        yield from _single(f"batten_guard_{name}", kind, text, meters.sum(cell))
    yield from _single("batten_guard_workers", "gauge", "Running workers", alive)
    name = "batten_guard_workers_replaced_total"
    yield from _family(name, "counter", "Workers that were ended because they stopped answering")
    yield f'{name}{{reason="stuck"}} {meters.sum(cells.REPLACED)}'
    reached = int(meters.reaches_upstream())
    yield from _single(
        "batten_guard_upstream_up", "gauge", "Whether the upstream took the last connection", reached
    )


def _durations(operations: list[tuple[str, Numbers]]) -> Iterator[str]:
    name = "batten_guard_request_duration_seconds"
    yield from _family(name, "histogram", "Time from a request's header section to the end of its answer")
    for label, numbers in operations:
        labels, total = _labels(label), 0
        for bound, number in zip((*map(str, BOUNDS), "+Inf"), numbers[len(CLASSES) :], strict=False):
            total += number
            yield f'{name}_bucket{{{labels},le="{bound}"}} {total}'
        yield f"{name}_sum{{{labels}}} {numbers[-1] / 1_000_000}"
        yield f"{name}_count{{{labels}}} {total}"


def _labels(label: str) -> str:
    service, _, operation = label.rpartition("\n")
    text = operation.replace("\\", r"\\").replace('"', r"\"")
    told = f'operation="{text or "(none)"}"'
    return f'service="{service}",{told}' if service else told


def _single(name: str, kind: str, text: str, value: int) -> Iterator[str]:
    yield from _family(name, kind, text)
    yield f"{name} {value}"


def _family(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# HELP {name} {text}."
    yield f"# TYPE {name} {kind}"

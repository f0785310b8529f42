"""Metrics for Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/): what stands now, and when it was last looked
at, so that silence is an alert of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from batten import __version__
from batten.model import Severity
from batten.watch.settings import Watch
from batten.watch.store.database import now
from batten.watch.store.gauges import Gauge, estate, gauges, open_by_severity
from batten.watch.store.queueing import lag

_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PLACE = ("service", "stage")
Rows = Iterable[tuple[tuple[str, ...], float]]


def routes() -> list[BaseRoute]:
    return [Route("/metrics", _metrics)]


def _metrics(request: Request) -> Response:
    watch: Watch = request.app.state.watch
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Of(watch))
    return Response(generate_latest(registry), media_type=_TYPE)


class _Of(Collector):
    """The metrics of one look at the database."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def collect(self) -> Iterator[Metric]:
        at = now()
        with self._watch.database.read() as db:
            whole, open_now, each = estate(db, at), open_by_severity(db, at), gauges(db, at)
            behind = lag(db, at)
        yield _labelled("batten_watch_info", "Version of batten.", ("version",), [((__version__,), 1)])
        told = {
            "environments": ("Environments that are known.", whole.environments),
            "environments_overdue": ("Environments not assessed within their objective.", whole.overdue),
            "environments_paused": ("Environments whose schedule is paused.", whole.paused),
            "environments_never_assessed": ("Environments that were never assessed.", whole.never),
            "runs_queued": ("Assessments that wait for a worker.", whole.queued),
            "runs_running": ("Assessments in progress.", whole.running),
            "queue_age_seconds": (
                "How long the oldest assessment in the queue has waited.",
                max(0, at - whole.oldest) / 1_000 if whole.oldest is not None else 0.0,
            ),
            "waivers": ("Waivers in effect.", whole.waivers),
            "alerts_unsent": ("Alerts that wait to be delivered.", whole.unsent),
        }
        for name, (totals_says, value) in told.items():
            yield GaugeMetricFamily(f"batten_watch_{name}", totals_says, value=value)
        quantiles = {("0.5",): behind.p50 / 1_000, ("0.99",): behind.p99 / 1_000} if behind else {}
        says = "How long scheduled assessments waited for a worker, of those that began in the last hour."
        yield _labelled("batten_watch_schedule_lag_seconds", says, ("quantile",), quantiles.items())
        by_severity = {(severity.label,): count for severity, count in open_now.items()}
        yield _labelled(
            "batten_watch_findings",
            "Open findings that count and are not waived.",
            ("severity",),
            by_severity.items(),
        )
        yield from _places(each)


def _places(each: list[Gauge]) -> Iterator[Metric]:
    """What each environment has; for the first 2,000."""
    names = [(g.service, g.stage) for g in each]
    assessed = {n: g.assessed / 1_000 for n, g in zip(names, each, strict=True) if g.assessed is not None}
    yield _labelled(
        "batten_watch_environment_assessed_timestamp_seconds",
        "When it was last assessed.",
        _PLACE,
        assessed.items(),
    )
    objectives = {n: g.objective / 1_000 for n, g in zip(names, each, strict=True)}
    yield _labelled(
        "batten_watch_environment_objective_seconds",
        "Within which it is to be assessed.",
        _PLACE,
        objectives.items(),
    )
    overdue = {n: int(g.overdue) for n, g in zip(names, each, strict=True)}
    yield _labelled("batten_watch_environment_overdue", "1 where it is overdue.", _PLACE, overdue.items())
    found = {
        (*n, severity.label): g.open[severity]
        for n, g in zip(names, each, strict=True)
        for severity in reversed(Severity)
    }
    told = "Its open findings that count and are not waived."
    yield _labelled("batten_watch_environment_findings", told, (*_PLACE, "severity"), found.items())


def _labelled(name: str, says: str, labels: tuple[str, ...], values: Rows) -> Metric:
    made = GaugeMetricFamily(name, says, labels=labels)
    for key, value in values:
        made.add_metric(key, value)
    return made

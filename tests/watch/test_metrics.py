"""Metrics as Prometheus reads them, and the alert rules that stand on them, checked by its own tools."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import anyio
import httpx
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update
from starlette.applications import Starlette

from batten.watch.metrics import routes
from batten.watch.model import DAY
from batten.watch.settings import Settings, Watch
from batten.watch.store.database import now
from batten.watch.store.tables import environment as environments
from needs import program
from watch_stores import environment, sqlite

DEPLOY = Path(__file__).parents[2] / "deploy/watch"


def scraped(folder: Path) -> str:
    database = sqlite(folder)
    late, _ = environment(database), environment(database, stage="staging")
    with database.begin() as db:
        db.execute(
            update(environments)
            .where(environments.c.id == late)
            .values(assessed=now() - 2 * DAY, overdue=True)
        )
    app = Starlette(routes=routes())
    app.state.watch = Watch(database, Settings(folder=folder))
    return anyio.run(_got, app)


async def _got(app: Starlette) -> str:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://watch") as client:
        answer = await client.get("/metrics")
    assert answer.status_code == 200
    return answer.text


def test_prometheus_reads_them(tmp_path: Path) -> None:
    text = scraped(tmp_path)
    checked = subprocess.run(
        [program("promtool"), "check", "metrics"], input=text, text=True, capture_output=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
    families = {f.name: f for f in text_string_to_metric_families(text)}
    value = {s.labels["stage"]: s.value for s in families["batten_watch_environment_overdue"].samples}
    assert value == {"prod": 1.0, "staging": 0.0}
    assert families["batten_watch_environments_never_assessed"].samples[0].value == 1.0


def test_rules_and_dashboard_name_metrics_that_are_there(tmp_path: Path) -> None:
    there = {f.name for f in text_string_to_metric_families(scraped(tmp_path))}
    for file in ("prometheus-rules.yaml", "grafana.json"):
        named = set(re.findall(r"batten_watch_\w+", (DEPLOY / file).read_text()))
        assert named and sorted(named - there) == [], f"{file} names metrics that there are not"
    board = json.loads((DEPLOY / "grafana.json").read_text())
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


def test_rules_alert_when_they_should(tmp_path: Path) -> None:
    """promtool plays the rules on series of its own."""
    rules = DEPLOY / "prometheus-rules.yaml"
    checked = subprocess.run(
        [program("promtool"), "check", "rules", rules], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    test = tmp_path / "test.yaml"
    labels = '{service="orders",stage="prod"}'
    test.write_text(
        f"""
rule_files: [{rules}]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {{series: 'batten_watch_environments', values: '3x60'}}
      - {{series: 'batten_watch_environment_assessed_timestamp_seconds{labels}', values: '0x180'}}
      - {{series: 'batten_watch_environment_objective_seconds{labels}', values: '3600x180'}}
    alert_rule_test:
      - {{eval_time: 30m, alertname: BattenEnvironmentOverdue, exp_alerts: []}}
      - eval_time: 90m
        alertname: BattenEnvironmentOverdue
        exp_alerts:
          - exp_labels: {{severity: warning, service: orders, stage: prod}}
            exp_annotations: {{summary: orders/prod was not assessed within its objective}}
      - {{eval_time: 30m, alertname: BattenWatchDown, exp_alerts: []}}
      - eval_time: 150m
        alertname: BattenWatchDown
        exp_alerts:
          - exp_labels: {{severity: critical}}
            exp_annotations: {{summary: 'batten watch does not answer; nothing is assessed, and its own alerts are not sent'}}
"""
    )
    played = subprocess.run(
        [program("promtool"), "test", "rules", test], capture_output=True, text=True, check=False
    )
    assert played.returncode == 0, played.stdout + played.stderr

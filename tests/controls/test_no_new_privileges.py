"""Where `no-new-privileges` is noticed by nobody: products of which a profile says that they execute nothing that gains privileges."""

from __future__ import annotations

from pathlib import Path

import pytest

from batten.engine.review import review
from batten.formats import Workspace
from batten.model import Fix, Safety
from batten.policy import Policy

CONTROL = "container-no-new-privileges"


def fix_of(tmp_path: Path, service: str) -> Fix | None:
    """The fix of the one service of a Compose file."""
    (tmp_path / "compose.yaml").write_text(f"services:\n  one:\n{service}")
    found = review(Workspace(tmp_path), Policy()).findings
    return next((f.fix for f in found if f.control == CONTROL), None)


@pytest.mark.parametrize(
    "service",
    [
        "    image: postgres:17\n",
        "    image: docker.io/library/redis:8-alpine\n    command: [redis-server, --save, '']\n",
        "    image: nginx:1.29\n    volumes: ['./nginx.conf:/etc/nginx/nginx.conf:ro']\n",
        "    image: caddy:2\n",
        "    image: grafana/grafana:12.0.0\n    user: '472'\n",
        "    image: prom/prometheus:v3.5.0\n    command: ['--config.file=/etc/prometheus/prometheus.yml']\n",
    ],
)
def test_products_with_a_profile(tmp_path: Path, service: str) -> None:
    fix = fix_of(tmp_path, service)
    assert fix is not None and fix.safety is Safety.SAFE


@pytest.mark.parametrize(
    "service",
    [
        "    image: example/postgres:17\n",
        "    image: ${REGISTRY}/postgres:17\n",
        "    build: .\n    image: postgres:17\n",
        "    image: node:22\n    command: [node, server.js]\n",
        "    image: postgres:17\n    entrypoint: [/start.sh]\n",
        "    image: postgres:17\n    command: [sh, -c, 'sudo -u postgres psql']\n",
        "    image: postgres:17\n    command: /backup.sh\n",
        "    image: caddy:2\n    user: '1000'\n",
        "    image: jenkins/jenkins:lts\n",
        "    image: apache/airflow:3.0.0\n",
        "    image: telegraf:1.35\n",
        "    image: hashicorp/vault:1.20\n",
        "    image: linuxserver/plex:latest\n",
        "    image: minio/minio:latest\n",
        "    image: redis:8\n    privileged: true\n",
        "    image: redis:8\n    cap_add: [SYS_ADMIN]\n",
        "    image: redis:8\n    security_opt: ['no-new-privileges:false']\n",
    ],
)
def test_what_is_not_known_is_not_safe(tmp_path: Path, service: str) -> None:
    fix = fix_of(tmp_path, service)
    assert fix is None or fix.safety is not Safety.SAFE


CHART = """apiVersion: apps/v1
kind: Deployment
metadata: {name: __NAME__}
spec:
  selector: {matchLabels: {app: __NAME__}}
  template:
    metadata: {labels: {app: __NAME__}}
    spec:
      containers:
        - name: __NAME__
          image: __IMAGE__
          securityContext: {runAsUser: 11211}
"""


def test_a_template_makes_containers_of_other_images_too(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 1.0.0\n")
    (tmp_path / "values.yaml").write_text("parts: {cache: 'memcached:1.6', agent: 'telegraf:1.35'}\n")
    body = CHART.replace("__NAME__", "{{ $name }}").replace("__IMAGE__", "{{ $image }}")
    loop = "{{- range $name, $image := .Values.parts }}\n---\n" + body + "{{- end }}\n"
    (tmp_path / "templates" / "parts.yaml").write_text(loop)
    found = review(Workspace(tmp_path), Policy()).findings
    made = [f.fix for f in found if f.control in (CONTROL, "container-unprivileged") and f.fix is not None]
    assert made
    assert all(fix.safety is not Safety.SAFE for fix in made)


def test_a_default_of_a_tag_is_of_the_same_product(tmp_path: Path) -> None:
    fix = fix_of(tmp_path, "    image: postgres:${VERSION:-17}\n")
    assert fix is not None and fix.safety is Safety.SAFE


def test_a_default_in_a_variable_is_not_the_image(tmp_path: Path) -> None:
    fix = fix_of(tmp_path, "    image: ${IMAGE:-postgres:17}\n")
    assert fix is None or fix.safety is not Safety.SAFE

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

"""What batten writes for nginx, judged by somebody else: gixy-ng, a static analyser of nginx configurations, run as a program."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from batten.contract import load
from batten.formats import Workspace
from batten.guard.export import nginx as guard
from batten.harden import Options
from batten.harden.edges.nginx.rendering import FILE, render
from batten.harden.intent import Intent
from batten.policy.load import load_policy
from needs import PACKAGES, needs, program, where

ORDERS = Path(__file__).parents[2] / "examples/orders"
NAME, ALIAS = "gixy", "gixy-ng"
pytestmark = needs(ALIAS, where(NAME), PACKAGES)
INSECURE = "events {}\nhttp { server { listen 443 ssl; location /a { alias /srv/a/; } } }\n"
SHAPES = {
    "as it comes": Options(),
    "newest": Options(version=(1, 31)),
    "no redirect": Options(plain=""),
    "TLS to the API": Options(upstream="https://api.internal:8443"),
    "without root": Options(prefix="/srv/edge", user="www-data"),
}


def judged(text: str, folder: Path) -> list[str]:
    """The findings at medium or above, by name."""
    (folder / FILE).write_text(text, encoding="utf-8")
    command = [program(NAME), "-ll", "--format", "json", str(folder / FILE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return sorted(finding["plugin"] for finding in json.loads(done.stdout))


def texts(options: Options) -> Iterator[str]:
    """What `batten harden nginx` and `batten guard export nginx` write for the example."""
    contract = load(Workspace(ORDERS), "openapi.yaml")[0]
    policy = load_policy(ORDERS / "batten.yaml")
    yield render(Intent(contract, policy, options)).files[FILE]
    yield guard.export(contract, policy, options, guard.Place("/etc/nginx/guard")).files[FILE]


def test_it_finds_what_is_wrong(tmp_path: Path) -> None:
    assert {"alias_traversal", "hsts_header"} <= set(judged(INSECURE, tmp_path))


@pytest.mark.parametrize("name", SHAPES)
def test_it_finds_nothing_at_medium_or_above_in_what_is_written(name: str, tmp_path: Path) -> None:
    for text in texts(SHAPES[name]):
        assert judged(text, tmp_path) == []

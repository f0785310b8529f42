"""What people get of a probe: a line that counts while it goes on, and a report whose commands repeat what was seen."""

from __future__ import annotations

import html
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from live_servers import free_port, nginx

from batten.contract import load
from batten.engine.check import assess
from batten.engine.outcome import Outcome
from batten.formats import Workspace
from batten.policy import Environment, Policy
from batten.reports import render

CONTRACT = """
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /v1/items/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: integer, minimum: 1}}]
      responses: {"200": {description: One}, "404": {description: None}}
"""
OPEN = """
    location /v1/ { default_type application/json; add_header Access-Control-Allow-Origin $http_origin;
        add_header Access-Control-Allow-Credentials true; return 200 '{"id": 1}'; }
    location / { return 404; }
"""


def _assessed(folder: Path, lines: list[str], **more: object) -> Outcome:
    port = free_port()
    contract = load(Workspace(folder, {"openapi.yaml": CONTRACT}), "openapi.yaml")[0]
    with nginx(folder, port, f"server {{ listen 127.0.0.1:{port}; {OPEN} }}"):
        environment = Environment("x", f"http://127.0.0.1:{port}", rate=5000, **more)  # type: ignore[arg-type]
        outcome = assess(folder, Policy(), [environment], contract, (), lines.append)
        _repeat(render("html", outcome, Workspace(folder)), port)
    return outcome


def _repeat(report: str, port: int) -> None:
    """Run each command of the report: the answer begins as the one in the evidence."""
    articles = report.split("<article")[1:]
    seen = [re.findall(r"<pre>(.*?)</pre>", article, re.DOTALL) for article in articles]
    commands = {html.unescape(parts[0]): html.unescape(parts[2]) for parts in seen if parts[0].startswith("curl ")}
    assert len(commands) >= 3
    for command, answer in commands.items():
        assert f"http://127.0.0.1:{port}/" in command
        told = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=10).stdout
        assert told.split("\n")[0].strip() == answer.split("\n")[0].strip(), command


def test_the_commands_of_an_html_report_repeat_what_was_seen(tmp_path: Path) -> None:
    outcome = _assessed(tmp_path, [])
    controls = {f.control for f in outcome.findings}
    assert {"cors-origins-exact", "tls-required"} & controls or len(controls) > 4
    told = render("html", outcome, Workspace(tmp_path))
    assert "curl -si --path-as-is -H &#x27;Origin:" in told or "Origin: " in told


def test_the_line_counts_requests_of_the_budget(tmp_path: Path) -> None:
    lines: list[str] = []
    outcome = _assessed(tmp_path, lines, budget=60)
    (environment,) = outcome.environments
    assert lines[0] == f"probing {environment.url}"
    assert lines[1] == f"probing {environment.url}: 1 of at most 60 requests"
    assert lines[-1] == f"probing {environment.url}: 60 of at most 60 requests"


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of Unix")
def test_a_terminal_shows_the_line_and_a_file_does_not(tmp_path: Path) -> None:
    port = free_port()
    with nginx(tmp_path, port, f"server {{ listen 127.0.0.1:{port}; {OPEN} }}"):
        batten = Path(sys.executable).with_name("batten")
        command = f"{batten} probe http://127.0.0.1:{port} --rate 5000 --output {tmp_path}/report.txt"
        started = time.monotonic()
        shown = subprocess.run(["script", "-qec", command, "/dev/null"], capture_output=True, timeout=30).stdout
        piped = subprocess.run(command.split(), capture_output=True, timeout=30)
    assert time.monotonic() - started < 25
    assert b"1 of at most 2000 requests" in shown
    assert (piped.stdout, piped.stderr) == (b"", b"")

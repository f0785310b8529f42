"""What people get of a probe: a line that counts while it goes on, and a report whose commands repeat what was seen."""

from __future__ import annotations

import asyncio
import html
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from live_servers import nginx, raw

from batten.contract import load
from batten.engine.check import assess
from batten.engine.outcome import Outcome
from batten.formats import Workspace
from batten.policy import Environment, Policy
from batten.reports import render
from servers import free_port
from waiting import BOUND, come

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


@contextmanager
def _shop(folder: Path) -> Iterator[int]:
    port = free_port()
    with nginx(folder, port, f"server {{ listen 127.0.0.1:{port}; {OPEN} }}"):
        yield port


def _assessed(folder: Path, port: int, lines: list[str], budget: int = 2000) -> Outcome:
    contract = load(Workspace(folder, {"openapi.yaml": CONTRACT}), "openapi.yaml")[0]
    environment = Environment("x", f"http://127.0.0.1:{port}", rate=5000, budget=budget)
    return assess(folder, Policy(), [environment], contract, (), lines.append)


def _commands(report: str) -> dict[str, str]:
    """Each command of an HTML report, with the first line of the answer that the evidence shows."""
    seen = [re.findall(r"<pre>(.*?)</pre>", article, re.DOTALL) for article in report.split("<article")[1:]]
    return {html.unescape(command): html.unescape(answer).split("\n")[0] for command, _, answer, *_ in seen}


def test_the_commands_of_an_html_report_repeat_what_was_seen(tmp_path: Path) -> None:
    with _shop(tmp_path) as port:
        outcome = _assessed(tmp_path, port, [])
        commands = _commands(render("html", outcome, Workspace(tmp_path)))
        for command, answer in commands.items():
            told = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=BOUND).stdout
            assert told.split("\n")[0].strip() == answer.strip(), command
    assert len(commands) >= 3
    assert all(command.startswith("curl -si ") for command in commands)
    assert any("Origin: " in command for command in commands)


def test_the_line_counts_requests_of_the_budget(tmp_path: Path) -> None:
    lines: list[str] = []
    with _shop(tmp_path) as port:
        (environment,) = _assessed(tmp_path, port, lines, budget=60).environments
    assert lines[0] == f"probing {environment.url}"
    assert lines[1] == f"probing {environment.url}: 1 of at most 60 requests"
    assert lines[-1] == f"probing {environment.url}: 60 of at most 60 requests"


def test_one_line_counts_all_targets(tmp_path: Path) -> None:
    lines: list[str] = []
    with _shop(tmp_path) as port:
        urls = (f"http://127.0.0.1:{port}{path}" for path in ("", "/v1"))
        environments = [Environment(url, url, rate=5000, budget=20) for url in urls]
        assess(tmp_path, Policy(), environments, None, (), lines.append)
    assert lines[:2] == ["probing 2 targets", "probing 2 targets: 0 done, 1 of at most 40 requests"]
    assert lines[-1] == "probing 2 targets: 2 done, 40 of at most 40 requests"


class _Turns:
    """Answers only when another has been asked so often: what is done first is decided here."""

    def __init__(self) -> None:
        self.asked, self.after = 0, 0
        self.other = self

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            self.asked += 1
            await come(lambda: self.other.asked >= self.after, "requests to the other")
            body = b"" if head.startswith(b"HEAD") else b"hi"
            writer.write(b"HTTP/1.1 200 OK\r\nServer: nginx/1.18.0\r\nContent-Length: 2\r\n\r\n" + body)
            await writer.drain()


def test_the_report_is_the_same_whichever_target_is_done_first(tmp_path: Path) -> None:
    async def both() -> tuple[str, str]:
        one, two = _Turns(), _Turns()
        one.other, two.other = two, one
        async with raw(one) as port, raw(two) as other:
            environments = [Environment(f"e{p}", f"http://127.0.0.1:{p}", rate=5000) for p in (port, other)]
            reports = []
            for first in (one, two):
                one.asked = two.asked = 0
                first.after, first.other.after = 0, 100
                outcome = await asyncio.to_thread(
                    assess, tmp_path, Policy(), environments, None, (), lambda line: None
                )
                reports.append(render("json", outcome, Workspace(tmp_path)))
        return reports[0], reports[1]

    first, second = asyncio.run(both())
    assert '"control"' in first
    assert first == second


def test_a_terminal_shows_the_line_and_a_file_does_not(tmp_path: Path) -> None:
    batten = str(Path(sys.executable).with_name("batten"))
    shown, terminal = os.openpty()
    with _shop(tmp_path) as port:
        command = [batten, "probe", f"http://127.0.0.1:{port}", "--rate", "5000", "--output", "report.txt"]
        with subprocess.Popen(command, cwd=tmp_path, stderr=terminal) as process:
            os.close(terminal)
            text = _all(shown)
            process.wait(BOUND)
        piped = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=BOUND)
    assert re.search(rb": \d+ of at most 2000 requests", text)
    assert (piped.stdout, piped.stderr) == (b"", b"")


def _all(terminal: int) -> bytes:
    """What was written there until whoever wrote went away."""
    parts: list[bytes] = []
    with suppress(OSError):  # how Linux says it
        while part := os.read(terminal, 65_536):
            parts.append(part)
    os.close(terminal)
    return b"".join(parts)

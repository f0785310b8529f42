"""What an assessment never does, whoever answers: leave its scope, write, give secrets away, or go on for ever."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from assessed import assess
from live_servers import nginx, raw

from batten.contract import Contract, load
from batten.engine.review import Review, live_findings
from batten.facts import Observed
from batten.formats import Workspace
from batten.live.runner import Assessment
from batten.policy import Environment, Policy
from servers import free_port
from waiting import BOUND, forever

CONTRACT = """
openapi: 3.1.0
info: {title: Shop, version: "1"}
servers: [{url: "http://localhost:1/api"}]
security: [{key: []}]
paths:
  /items: {get: {responses: {"200": {description: All}}}}
  /items/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses: {"200": {description: One}}
    delete: {responses: {"204": {description: Gone}}}
components: {securitySchemes: {key: {type: http, scheme: bearer}}}
"""


def _contract(folder: Path) -> Contract:
    return load(Workspace(folder, {"openapi.yaml": CONTRACT}), "openapi.yaml")[0]


class Server:
    """Answers each request with what `answer` makes of its target, and remembers the request lines."""

    def __init__(self, answer: str, repeat: bool = False) -> None:
        self.answer = answer
        self.repeat = repeat
        self.lines: list[str] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self.lines.append(head.partition("\r\n")[0])
            body = "" if head.startswith("HEAD") else f"{self.answer}\n{head}"
            writer.write(self._head(len(body), head.split(" ")[1]) + body.encode("latin-1"))
            await writer.drain()

    def _head(self, length: int, target: str) -> bytes:
        status = f"302 Found\r\nLocation: {target[:900]}/x" if self.repeat else "200 OK"
        return f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n".encode(
            "latin-1"
        )


async def _asked(server: Server, contract: Contract | None, **more: object) -> Assessment:
    async with raw(server) as port:
        environment = Environment("x", f"http://127.0.0.1:{port}", rate=5000, **more)  # type: ignore[arg-type]
        return await assess(environment, contract)


def test_redirects_that_never_end_do(tmp_path: Path) -> None:
    server = Server("", repeat=True)
    assessment = asyncio.run(_asked(server, _contract(tmp_path)))
    assert assessment.complete
    assert max(line.count("/x") for line in server.lines) < 10


def test_whatever_servers_says_it_is_the_host_that_was_named_which_is_asked(tmp_path: Path) -> None:
    server = Server("x")
    assessment = asyncio.run(_asked(server, _contract(tmp_path)))
    assert any(line.startswith("GET /api/items ") for line in server.lines)
    verbs = {line.split(" ")[0] for line in server.lines if line.endswith("HTTP/1.1")}
    assert verbs <= {"GET", "HEAD", "OPTIONS", "TRACE", "BATTEN", "PROPFIND"}
    assert assessment.not_assessed == []


def test_a_redirect_to_another_port_is_not_followed(tmp_path: Path) -> None:
    async def both() -> list[str]:
        other = Server("x")
        async with raw(other) as there:
            port = free_port()
            config = f"server {{ listen 127.0.0.1:{port}; return 302 http://127.0.0.1:{there}$request_uri; }}"
            with nginx(tmp_path, port, config):
                await assess(Environment("x", f"http://127.0.0.1:{port}", rate=5000), _contract(tmp_path))
        return other.lines

    assert asyncio.run(both()) == []


def test_credentials_that_are_echoed_get_into_no_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "s3cret-t0ken")
    headers = {"Authorization": "Bearer ${SHOP_TOKEN}", "Cookie": "session=${SHOP_TOKEN}"}
    server = Server("Traceback (most recent call last):")
    assessment = asyncio.run(_asked(server, _contract(tmp_path), headers=headers))
    assert server.lines
    assert "s3cret-t0ken" not in repr(assessment.facts)
    observed = [Observed(fact.at, "x", fact) for fact in assessment.facts]
    findings = live_findings(observed, Review(Workspace(tmp_path), Policy()))
    assert findings
    assert "s3cret-t0ken" not in repr(findings)


def test_an_interrupt_stops_the_command_with_what_is_known(tmp_path: Path) -> None:
    async def interrupted() -> tuple[int, str]:
        asked = asyncio.Event()

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            asked.set()
            await forever()

        async with raw(silent) as port:
            command = [
                str(Path(sys.executable).with_name("batten")),
                "probe",
                f"http://127.0.0.1:{port}",
                "--timeout",
                "1000",
            ]
            with subprocess.Popen(
                command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            ) as process:
                try:
                    await asyncio.wait_for(asked.wait(), BOUND)
                    process.send_signal(signal.SIGINT)
                    output, _ = await asyncio.to_thread(process.communicate, None, BOUND)
                    return process.returncode, output.decode()
                finally:
                    process.kill()

    code, output = asyncio.run(interrupted())
    assert code == 3, output
    assert "interrupted" in output

"""The options of `batten guard run` about hosts and senders, and what its log and its answers say behind a proxy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cases.case import asked
from click.testing import CliRunner
from guard_clients import Client
from guard_contracts import TEXT
from guard_processes import running
from guard_upstream import upstream

from batten.cli.guard_run import command
from waiting import until


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--proxy-protocol",), "--proxy-protocol requires the addresses of the proxies; add --trust CIDR"),
        (("--trust", "10.0.0.1/8"), "'10.0.0.1/8' is not a network; write 10.0.0.0/8"),
        (("--host", "http://a"), "'http://a' is not a host; write a name such as api.example.com"),
    ],
)
def test_what_cannot_be_used_stops_the_start(options: tuple[str, ...], told: str, tmp_path: Path) -> None:
    contract = tmp_path / "openapi.yaml"
    contract.write_text(TEXT, encoding="utf-8")
    given = (
        "--contract",
        str(contract),
        "--upstream",
        "http://127.0.0.1:9",
        "--listen",
        "127.0.0.1:0",
        *options,
    )
    result = CliRunner().invoke(command, given)
    assert result.exit_code != 0 and told in result.output


def test_behind_a_proxy(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    options = ("--workers", "1", "--access-log", str(log), "--host", "api.example.com", "--behind-proxy")
    with upstream() as behind, running(tmp_path, f"http://127.0.0.1:{behind.port}", *options) as run:
        client = Client(run.port)
        client.send(
            asked("GET /v1/things", "X-Forwarded-For: 203.0.113.9, 192.0.2.1", "X-Forwarded-Proto: https")
        )
        answer = client.answer()
        assert answer.status == 200 and b"strict-transport-security" in answer.head
        client.send(f"GET /v1/things HTTP/1.1\r\nHost: localhost:{run.port}\r\n\r\n".encode())
        assert client.answer().status == 421
        client.close()
        until(lambda: log.exists() and log.read_bytes().count(b"\n") == 2, "both are logged")
        lines = [json.loads(line) for line in log.read_bytes().splitlines()]
    assert [line["peer"] for line in lines] == ["192.0.2.1", "127.0.0.1"] and lines[1]["rule"] == "host"
    assert b"x-forwarded-for: 192.0.2.1\r\nx-forwarded-proto: https\r\n" in b"".join(behind.raw)

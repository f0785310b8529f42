"""One environment assessed by a child: a real server, one that hangs, one that is not there; cancelled, out of time."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from live_servers import nginx

import batten
from batten.cell import child
from batten.guard.decisions import Rule
from batten.guard.traffic import traffic_file
from batten.guard.traffic.traffic_file import TrafficRow
from batten.live.addresses import networks
from batten.watch.assess import assessment
from batten.watch.assess.assessment import AssessCancelled, AssessProblem, assess
from batten.watch.ledger.knowledge import Kind
from batten.watch.model import Assessed, Environment, Owned, Side, Source
from batten.watch.settings import Settings
from servers import free_port
from watch_worlds import World

ALONE = Owned(alone=True)  # of one team
LOOPBACK = networks(["127.0.0.0/8"])
CONTRACT = """
openapi: 3.1.0
info: {title: a, version: '1'}
paths: {/orders: {get: {responses: {'200': {description: a}}}}}
"""


def live(url: str, **more: str) -> Environment:
    settings = {"url": url, "rate": "1000", **more}
    return Environment(team=1, service="orders", stage="prod", source=Source.LIVE, settings=settings)


def made(environment: Environment, folder: Path, **more: float) -> Assessed:
    bounds = {"most_seconds": 120.0, **more}
    settings = Settings(folder=folder, target_networks=LOOPBACK, **bounds)
    return assess(environment, settings, lambda line: None, lambda: False, ALONE)


@contextmanager
def mute() -> Iterator[str]:
    """The URL of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_real_server_is_assessed_the_same_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TARGET_KEY", "hunter2hunter2")
    port = free_port()
    told: list[str] = []
    server = f"""server {{ listen 127.0.0.1:{port};
        location /orders {{ if ($http_x_api_key != 'hunter2hunter2') {{ return 401; }} return 200 '[]'; }}
        location / {{ return 404; }} }}"""
    environment = live(f"http://127.0.0.1:{port}", contract=CONTRACT, headers="X-API-Key: ${TARGET_KEY}")
    with nginx(tmp_path, port, server):
        settings = Settings(folder=tmp_path, most_seconds=120.0, target_networks=LOOPBACK)
        first = assess(environment, settings, told.append, lambda: False, ALONE)
        second = made(environment, tmp_path)
    seen = {(one.control, one.fingerprint, one.cause, one.value) for one in first.found}
    assert seen == {(one.control, one.fingerprint, one.cause, one.value) for one in second.found}
    assert {"tls-required", "banner-hidden"} <= {one.control for one in first.found}
    assert first.sides == {Side.OBSERVED} == set(first.judged) and first.complete == {Side.OBSERVED}
    assert {one.place for one in first.found} == {f"http://127.0.0.1:{port}"}
    assert told[0].startswith("probing http://127.0.0.1") and not first.places
    assert not any(b"hunter2hunter2" in one.detail for one in first.found)


def test_a_target_that_never_answers_one_probe_can_still_be_repaired(tmp_path: Path) -> None:
    port = free_port()
    server = f"""server {{ listen 127.0.0.1:{port}; location ~ graphql {{ return 444; }}
        location / {{ return 404; }} }}"""
    environment = live(f"http://127.0.0.1:{port}")
    with nginx(tmp_path, port, server):
        first = made(environment, tmp_path)
    with nginx(tmp_path, port, f"server_tokens off; {server}"):
        second = made(environment, tmp_path)
    assert not first.complete and any("GraphQL at /" in problem for problem in first.problems)
    assert first.missed == second.missed != {Side.OBSERVED: ""}
    world = World()
    world.assess(first, 1, 1_000)
    closed = {turn.after.control for turn in world.assess(second, 2, 2_000).turns if turn.kind is Kind.CLOSED}
    assert closed == {"banner-hidden"}


def test_the_targets_own_contract_is_fetched_where_that_is_wanted(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "openapi.yaml").write_text(CONTRACT)
    log = tmp_path / "seen.log"
    server = f"""log_format all '$request_method $uri'; server {{ listen 127.0.0.1:{port}; access_log {log} all;
        location = /docs/openapi.yaml {{ alias {tmp_path}/openapi.yaml; }} location = /moved {{ return 302 /docs/openapi.yaml; }}
        location / {{ return 404; }} }}"""
    with nginx(tmp_path, port, server):
        made(live(f"http://127.0.0.1:{port}/v1", contract="/docs/openapi.yaml"), tmp_path)
        assert "GET /v1/orders" in log.read_text().splitlines()
        with pytest.raises(
            AssessProblem, match=r"the contract was not fetched: .*/moved answered with status 302"
        ):
            made(live(f"http://127.0.0.1:{port}", contract="/moved"), tmp_path)


def test_what_is_not_there_is_not_assessed(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(AssessProblem, match=f"{url} did not answer; .*the connection failed"):
        made(live(url), tmp_path)


def test_a_server_that_hangs_costs_its_time_and_no_more(tmp_path: Path) -> None:
    with mute() as url, pytest.raises(AssessProblem, match="stopped: it did not finish within 4 s"):
        made(live(url), tmp_path, most_seconds=4.0)


def test_an_assessment_is_cancelled_from_another_thread(tmp_path: Path) -> None:
    wanted = threading.Event()
    settings = Settings(folder=tmp_path, target_networks=LOOPBACK)
    with mute() as url, pytest.raises(AssessCancelled):
        assess(live(url), settings, lambda line: wanted.set(), wanted.is_set, ALONE)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"contract": "a: 1"}, "the contract cannot be used: this is not an OpenAPI document"),
        ({"contract": "{"}, "the contract cannot be used"),
        (
            {"headers": "X-Key: ${TARGET_ABSENT}"},
            "there is no secret TARGET_ABSENT; set it with `batten watch secret",
        ),
        ({"budget": "none"}, "the settings cannot be used: budget: it is not a number from 1 to 100000"),
    ],
)
def test_settings_that_cannot_work_are_told(tmp_path: Path, more: Mapping[str, str], said: str) -> None:
    with pytest.raises(AssessProblem, match=said):
        made(live("http://127.0.0.1:9", **more), tmp_path)


def test_pushed_environments_are_assessed_by_ci(tmp_path: Path) -> None:
    one = Environment(team=1, service="orders", stage="prod", source=Source.PUSHED)
    with pytest.raises(AssessProblem, match="run `batten check --push`"):
        made(one, tmp_path)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (
            "sys.stdout.write('abc\\n{}')",
            "wrote something else than a report: this is not a JSON report of batten",
        ),
        ("sys.stdout.write('garbage')", "wrote something else than a report"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "process was ended by signal 9"),
        ("sys.exit(9)", "process failed with code 9"),
        ("sys.stderr.write('a\\n`token=hunter2hunter2` b\\n'); sys.exit(2)", "^`token=•••` b$"),
        ("kept = bytearray(3 << 30)", "process failed with code 1"),
    ],
)
def test_a_child_that_goes_wrong_is_a_failure_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, said: str
) -> None:
    (tmp_path / "hostile_work.py").write_text(
        f"import sys\nfrom batten.cell.child import confine\nconfine(sys.argv[1:])\n{code}\n"
    )
    home = Path(batten.__file__).parents[1]
    monkeypatch.setattr(child, "_HOME", f"{tmp_path}{os.pathsep}{home}")
    monkeypatch.setattr(assessment, "_WORK", "hostile_work")
    with pytest.raises(AssessProblem, match=said):
        made(live("http://127.0.0.1:9"), tmp_path)


def test_files_of_a_folder_that_is_no_repository_are_read_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files/nginx.conf").write_text(
        "events {}\nhttp { server { listen 443 ssl; ssl_protocols TLSv1; } }\n"
    )
    one = Environment(
        team=1, service="a", stage="b", source=Source.REPOSITORY, settings={"url": str(tmp_path / "files")}
    )
    (tmp_path / "data").mkdir()
    settings = Settings(folder=tmp_path / "data", repositories=(tmp_path,))
    found = assess(one, settings, lambda line: None, lambda: False, ALONE)
    assert found.places == {"nginx.conf"} and found.complete == {Side.DECLARED}
    with pytest.raises(AssessProblem, match="read only below the folders that the service was started with"):
        assess(one, Settings(folder=tmp_path / "data"), lambda line: None, lambda: False, ALONE)


def test_what_a_guard_recorded_is_an_environment(tmp_path: Path) -> None:
    (tmp_path / "traffic").mkdir()
    today = date.today().isoformat()
    row = TrafficRow(Rule.PATH.value, "GET", "/internal", 200, "", False, 7, "2026-01-01", today)
    traffic_file.write(tmp_path / "traffic/edge.db", [row], {})
    one = Environment(
        team=1,
        service="a",
        stage="b",
        source=Source.TRAFFIC,
        settings={"file": "edge.db", "contract": CONTRACT},
    )
    found = made(one, tmp_path)
    assert found.sides == {Side.OBSERVED} and "endpoints-documented" in {seen.control for seen in found.found}
    with pytest.raises(AssessProblem, match=r"there is no traffic file .*none\.db"):
        made(replace(one, settings={"file": "none.db", "contract": CONTRACT}), tmp_path)
    traffic_file.write(tmp_path / "traffic/old.db", [replace(row, last="2020-01-01")], {})
    with pytest.raises(AssessProblem, match=r"old\.db has nothing that was seen lately"):
        made(replace(one, settings={"file": "old.db", "contract": CONTRACT}), tmp_path)
    (tmp_path / "traffic/bad.db").write_bytes(b"garbage")
    with pytest.raises(AssessProblem, match="not an SQLite database"):
        made(replace(one, settings={"file": "bad.db", "contract": CONTRACT}), tmp_path)

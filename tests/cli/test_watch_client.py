"""The commands that ask a running service: a real one on loopback, with tokens."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import servers
from batten.cli import main
from batten.watch.model import Caller, Grant, Role, Run
from batten.watch.store import knowledge, runs
from batten.watch.store.database import now
from waiting import BOUND, until
from watch_api import Service, api
from watch_assessments import seen, settled, whole
from watch_stores import environment, sqlite

sys.path.insert(0, str(Path(__file__).parents[1] / "guard"))
pair = import_module("guard_certificates").pair
OPERATOR = Caller(name="otto", grants=(Grant(Role.OPERATOR),))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Two stages of orders: production has a finding that staging does not have, and which was fixed in between."""
    folder = tmp_path_factory.mktemp("watched")
    database = sqlite(folder)
    prod, staging = environment(database), environment(database, stage="staging", place=1)
    for turn, found in enumerate(
        [whole(seen()), whole(), whole(seen(), seen("store-password", "compose.yml"))]
    ):
        settled(database, prod, found, now() - 90_000 + turn)
    settled(database, staging, whole(seen("store-password", "compose.yml")), now() - 1000)
    with api(database, folder) as started:
        yield started


@pytest.fixture
def token(service: Service) -> str:
    return service.token(OPERATOR)


def _ran(service: Service, token: str, *arguments: str, **environment: str) -> Result:
    told = {"BATTEN_WATCH_URL": service.url, "BATTEN_TOKEN": token, **environment}
    return CliRunner().invoke(main, ["watch", *arguments], env=told)


def test_status_shows_what_to_do_first(service: Service, token: str) -> None:
    ran = _ran(service, token, "status")
    assert ran.exit_code == 0, ran.output
    assert "2 environments, 0 overdue, 0 paused" in ran.output
    assert "breaks store-password" in ran.output and "2 places in 2 environments" in ran.output
    assert token not in ran.output


def test_environments_are_listed(service: Service, token: str) -> None:
    lines = _ran(service, token, "environments").stdout.splitlines()
    assert [line.split()[1] for line in lines[1:]] == ["orders/staging", "orders/prod"]
    found = json.loads(_ran(service, token, "environments", "--format", "json", "--stage", "prod").stdout)
    assert [(one["service"], one["stage"]) for one in found] == [("orders", "prod")]


def test_findings_are_listed_and_exported(service: Service, token: str, tmp_path: Path) -> None:
    ran = _ran(service, token, "findings", "--environment", "orders/prod", "--control", "hsts-sent")
    assert "orders/prod  nginx.conf  hsts-sent: `server` breaks hsts-sent" in ran.stdout
    ran = _ran(service, token, "findings", "--format", "csv")
    assert sorted(row["control"] for row in csv.DictReader(io.StringIO(ran.stdout))) == [
        "hsts-sent",
        "store-password",
        "store-password",
    ]
    ran = _ran(
        service,
        token,
        "findings",
        "--format",
        "sarif",
        "--output",
        str(tmp_path / "out.sarif"),
        "--stage",
        "staging",
    )
    assert ran.exit_code == 0 and ran.stdout == ""
    results = json.loads((tmp_path / "out.sarif").read_text("utf-8"))["runs"][0]["results"]
    assert [one["ruleId"] for one in results] == ["store-password"]
    assert "no findings" in _ran(service, token, "findings", "--state", "fixed").stdout
    assert "1 of 3" in _ran(service, token, "findings", "--limit", "1").stdout


def test_two_environments_and_two_runs_are_compared(service: Service, token: str) -> None:
    ran = _ran(service, token, "compare", "orders/staging", "orders/prod")
    assert "1 causes are alike" in ran.stdout and "right only" in ran.stdout and "hsts-sent" in ran.stdout
    ran = _ran(service, token, "compare", "--runs", "1", "3", "--format", "json")
    assert [one["control"] for one in json.loads(ran.stdout)["differences"]] == ["store-password"]
    assert _ran(service, token, "compare", "--runs", "1", "x").exit_code == 2


def test_a_run_is_asked_for_and_cancelled(service: Service, token: str) -> None:
    ran = _ran(service, token, "run", "orders/staging")
    assert "of orders/staging is queued" in ran.stdout
    number = ran.stdout.split()[1]
    assert f"run {number} is cancelled" in _ran(service, token, "cancel", number).stdout
    assert "no environment other/prod" in _ran(service, token, "run", "other/prod").output


def test_a_run_is_waited_for(service: Service, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its worker is another thread, which ends it while the command waits."""
    monkeypatch.setattr("batten.cli.watch_runs._BETWEEN", 0.01)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(_worked, service)
        ran = _ran(service, token, "run", "orders/staging", "--wait")
        assert ran.exit_code == 0 and "0 new, 0 fixed, 1 open" in ran.stdout, ran.output
        waiting.result()
        waiting = pool.submit(_worked, service, "the host did not answer")
        ran = _ran(service, token, "run", "orders/staging", "--wait")
        assert ran.exit_code == 3 and "failed: the host did not answer" in ran.stdout, ran.output
        waiting.result()


def _worked(service: Service, error: str = "") -> None:
    """Claim the run that is queued, and end it."""
    held: list[Run] = []

    def claimed() -> bool:
        with service.database.begin() as db:
            held.extend(filter(None, [runs.claim(db, "worker", now(), 60_000)]))
        return bool(held)

    until(claimed, "a run is queued")
    with service.database.begin() as db:
        if error:
            assert runs.fail(db, held[0], now(), error)
        else:
            found = whole(seen("store-password", "compose.yml"))
            assert knowledge.settle(db, held[0], found, now()) is not None


def test_a_finding_is_waived(service: Service, token: str) -> None:
    listed = _ran(service, token, "findings", "--environment", "2").stdout
    day = "2099-01-01"
    ran = _ran(
        service, token, "waive", listed.split()[0], "--owner", "ann", "--reason", "known", "--until", day
    )
    assert ran.exit_code == 2 and "366 days" in ran.output
    ran = _ran(
        service,
        token,
        "waive",
        listed.split()[0],
        "--owner",
        "ann",
        "--reason",
        "known",
        "--until",
        "someday",
    )
    assert ran.exit_code == 2 and "2027-01-31" in ran.output


def test_events_are_followed(service: Service, token: str) -> None:
    lines = _ran(service, token, "events").stdout.splitlines()
    assert any("finding-regressed" in line and "orders/prod" in line for line in lines)
    last = json.loads(_ran(service, token, "events", "--format", "json").stdout.splitlines()[-1])
    assert _ran(service, token, "events", "--after", str(last["id"])).stdout == ""


def test_following_ends_with_ctrl_c(service: Service, token: str) -> None:
    told = {**os.environ, "BATTEN_WATCH_URL": service.url, "BATTEN_TOKEN": token}
    command = [sys.executable, "-m", "batten", "watch", "events", "--follow", "--format", "json"]
    with subprocess.Popen(command, env=told, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        for line in process.stdout:
            if json.loads(line)["what"] == "run-done" and json.loads(line)["id"] > first["id"]:
                break
        process.send_signal(signal.SIGINT)
        assert process.wait(BOUND) == 0


def test_what_is_wrong_is_a_sentence(service: Service, token: str) -> None:
    said = {
        "BATTEN_TOKEN holds no token": ({"BATTEN_TOKEN": ""}, 2),
        "check the token in BATTEN_TOKEN": ({"BATTEN_TOKEN": "bt_" + "0" * 49}, 2),
        "is not encrypted": ({"BATTEN_WATCH_URL": "http://watch.example.com"}, 2),
        "is not the address": ({"BATTEN_WATCH_URL": "watch.example.com"}, 2),
        "no service answers": ({"BATTEN_WATCH_URL": f"http://127.0.0.1:{servers.free_port()}"}, 2),
    }
    for sentence, (told, code) in said.items():
        ran = _ran(service, token, "status", **told)
        assert (ran.exit_code, sentence in ran.output) == (code, True), ran.output
    wrong = _ran(service, token, "status", BATTEN_WATCH_URL=service.url.replace("http://", "https://"))
    assert wrong.exit_code == 2 and "TLS handshake" in wrong.output
    reader = service.token(Caller(name="rita", grants=(Grant(Role.VIEWER),), scopes=frozenset(["read"])))
    assert "scope" in _ran(service, reader, "run", "orders/prod").output


def test_a_certificate_is_verified(tmp_path: Path) -> None:
    certificate, key = pair(tmp_path)
    database = sqlite(tmp_path)
    with api(database, tmp_path, ssl_certfile=certificate, ssl_keyfile=key) as service:
        url = service.url.replace("http://127.0.0.1", "https://localhost")
        told = {"BATTEN_WATCH_URL": url, "BATTEN_TOKEN": service.token(OPERATOR)}
        ran = CliRunner().invoke(main, ["watch", "status"], env=told)
        assert ran.exit_code == 2 and "--ca" in ran.output and "self-signed" in ran.output
        ran = CliRunner().invoke(main, ["watch", "status", "--ca", str(certificate)], env=told)
        assert ran.exit_code == 0 and "0 environments" in ran.output, ran.output
        ran = CliRunner().invoke(main, ["watch", "status", "--ca", str(key)], env=told)
        assert ran.exit_code == 2 and "no certificates" in ran.output

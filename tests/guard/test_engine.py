"""`batten guard run --engine`: servers that batten starts, hands changes to, reads the log of and ends in order."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cases.case import asked, posted
from guard_certificates import pair
from guard_clients import Client
from guard_contracts import TEXT
from guard_exports import HAPROXY, MODULES, NGINX, envoy_program
from guard_processes import BATTEN, Run, get, running
from guard_upstream import Upstream, upstream

from batten.guard.traffic.traffic_file import TrafficProblem, read
from needs import needs
from servers import free_port
from waiting import until

ENGINES = [
    pytest.param("nginx", marks=needs("nginx with its Lua module", NGINX and MODULES)),
    pytest.param("envoy", marks=needs("envoy", envoy_program())),
    pytest.param("haproxy", marks=needs("haproxy", HAPROXY)),
]
TOKEN = "Authorization: Bearer abcdef"
SEEN = (  # one of each rule that a log tells
    asked("GET /v1/things"),
    asked("GET /v1/nothing/7?key=secret"),
    asked("DELETE /v1/things"),
    asked("GET /v1/things/1"),
    posted("POST /v1/things", b"{}", TOKEN, "Content-Type: application/json"),
    posted("POST /v1/things", b"{}", TOKEN, "Content-Type: text/plain"),
    asked("GET /v1/things", play="wrong type"),
    asked("GET /v1/things", play="undeclared status"),
    asked("GET /v1/things", play="page"),
)
Running = tuple[str, Run, Upstream, Path]


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp(request.param)
    more = ("--engine", request.param, "--workers", "1", "--traffic", str(folder / "traffic.db"))
    with upstream() as behind, running(folder, f"http://127.0.0.1:{behind.port}", *more) as run:
        yield request.param, run, behind, folder


def _ask(port: int) -> None:
    for sent in SEEN:
        client = Client(port)
        client.send(sent)
        client.answer()
        client.close()


def _rows(file: Path) -> set[tuple[str, str, str, int, int]]:
    try:
        found, _ = read(file)
    except TrafficProblem:  # it is being made
        return set()
    return {(row.rule, row.method, row.path, row.status, row.times) for row in found}


@pytest.fixture(scope="module")
def own_rows(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str, str, int, int]]:
    folder = tmp_path_factory.mktemp("own")
    file = folder / "traffic.db"
    more = ("--workers", "1", "--traffic", str(file))
    with upstream() as behind, running(folder, f"http://127.0.0.1:{behind.port}", *more) as run:
        _ask(run.port)
    return _rows(file)


def test_what_it_sees_is_counted_as_the_guard_in_python_does(
    engine: Running, own_rows: set[tuple[str, str, str, int, int]]
) -> None:
    _, run, _, folder = engine
    _ask(run.port)
    until(lambda: run.metric('batten_guard_enforced_total{rule="answer-media-type"}') == 1, "the log is read")
    assert run.answers("2xx") == 1
    until(lambda: _rows(folder / "traffic.db") == own_rows, "it is written")


def test_a_change_is_taken_and_an_invalid_one_is_not(engine: Running) -> None:
    _, run, _, folder = engine
    contract = folder / "openapi.yaml"
    contract.write_text(TEXT.replace("  /things:", "  /goods:"), encoding="utf-8")
    until(lambda: run.asked() == 404, "the new contract is in force")
    contract.write_text("nothing: [", encoding="utf-8")
    until(lambda: run.metric("batten_guard_reloads_failed_total") == 1, "the broken one is refused")
    assert run.asked() == 404
    assert run.metric("batten_guard_reloads_total") == 1
    contract.write_text(TEXT, encoding="utf-8")
    until(lambda: run.asked() == 200, "the first contract is in force again")


def test_one_that_dies_is_started_again(engine: Running) -> None:
    name, run, _, _ = engine
    (before,) = run.children()
    os.kill(before, signal.SIGKILL)
    until(lambda: run.children() not in ([], [before]), "another one runs")
    until(lambda: get(run.admin, "/health")[0] == 200, "it is healthy")
    until(lambda: _asked(run) == 200, "it serves")
    assert f"{name} ended with -9 and is restarted" in run.log()


def _asked(run: Run) -> int:
    try:
        return run.asked()
    except OSError:
        return 0


@pytest.mark.parametrize("name", ENGINES)
def test_the_end_waits_for_requests_in_progress(tmp_path: Path, name: str) -> None:
    came, goes = threading.Event(), threading.Event()
    seen: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as behind:

        def serve() -> None:
            link, _ = behind.accept()
            link.recv(10_000)
            came.set()
            goes.wait(60)
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n"
            link.sendall(head + b"[]")
            link.close()

        threading.Thread(target=serve, daemon=True).start()
        with running(tmp_path, f"http://127.0.0.1:{behind.getsockname()[1]}", "--engine", name) as run:
            asking = threading.Thread(target=lambda: seen.append(run.asked()), daemon=True)
            asking.start()
            assert came.wait(60)
            run.process.send_signal(signal.SIGTERM)
            until(lambda: _is_closed(run.port), "it accepts no more")
            assert get(run.admin, "/health")[0] == 503
            goes.set()
            asking.join()
            run.process.wait(60)
    assert seen == [200] and run.process.returncode == 0


@pytest.mark.parametrize("name", ENGINES)
def test_a_new_certificate_is_shown(tmp_path: Path, name: str) -> None:
    chain, key = pair(tmp_path)
    first = chain.read_text(encoding="ascii")
    more = ("--engine", name, "--workers", "1", "--cert", str(chain), "--key", str(key))
    with upstream() as behind, running(tmp_path, f"http://127.0.0.1:{behind.port}", *more) as run:
        assert ssl.get_server_certificate(("127.0.0.1", run.port), timeout=60) == first
        context = ssl.create_default_context(cafile=str(chain))
        link = http.client.HTTPSConnection("localhost", run.port, context=context, timeout=60)
        link.request("GET", "/v1/things")
        assert link.getresponse().getheader("Strict-Transport-Security")
        link.close()
        pair(tmp_path)
        until(
            lambda: ssl.get_server_certificate(("127.0.0.1", run.port), timeout=60) != first,
            "the new certificate is shown",
        )


def _is_closed(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return True
    return False


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--engine", "nginx", "--learn"), "--learn cannot be combined with --engine nginx"),
        (("--engine", "haproxy", "--max-body", "5"), "--max-body cannot be combined with --engine haproxy"),
        (("--engine", "envoy", "--mode", "observe"), "envoy cannot observe"),
        (
            ("--engine", "envoy", "--engine-path", "/nowhere/envoy"),
            "/nowhere/envoy is not a program; install it",
        ),
        (("--engine-path", "/usr/sbin/nginx"), "--engine-path requires --engine"),
    ],
)
def test_what_cannot_be_had_is_said(tmp_path: Path, more: tuple[str, ...], said: str) -> None:
    (tmp_path / "openapi.yaml").write_text(TEXT, encoding="utf-8")
    command = [str(BATTEN), "guard", "run", "--contract", str(tmp_path / "openapi.yaml"), "--upstream", "http://127.0.0.1:9",
               "--listen", f"127.0.0.1:{free_port()}", "--traffic", str(tmp_path / "t.db"), *more]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0 and said in done.stderr and "Traceback" not in done.stderr

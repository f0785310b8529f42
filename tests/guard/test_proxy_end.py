"""The end of `batten guard run`, and its successor: what clients and the service manager see of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import httpx
import pytest
from cases.case import asked
from guard_clients import Client
from guard_contracts import TEXT
from guard_processes import BATTEN, get, running
from guard_upstream import upstream
from hypothesis import settings

from batten.guard.proxy.supervisor import Notifier
from servers import ended, free_port
from waiting import BOUND, listening, until

RESTARTS = 30 if settings().max_examples > 1_000 else 1  # tools/proof.sh


def test_drain_delay_then_the_end(tmp_path: Path) -> None:
    with (
        upstream() as behind,
        running(tmp_path, f"http://127.0.0.1:{behind.port}", "--workers", "1", "--drain-delay", "5", "--answer-seconds", "1") as run,
    ):  # fmt: skip
        kept, busy = Client(run.port), Client(run.port)
        kept.send(asked("GET /v1/things"))
        assert b"connection: close" not in kept.answer().head
        assert get(run.admin, "/ready")[0] == 200
        run.process.terminate()
        until(lambda: get(run.admin, "/ready")[0] == 503, "load balancers are told")
        until(lambda: _is_last(kept), "the worker ends the connection of before with an answer")
        assert kept.is_at_end()
        busy.send(asked("GET /v1/things", play="hang"))
        until(lambda: _is_refused(run.port), "no connection is taken any more")
        assert busy.answer().status == 504
        assert run.process.wait(BOUND) == 0
        kept.close()
        busy.close()


def _is_last(client: Client) -> bool:
    client.send(asked("GET /v1/things"))
    return b"\r\nconnection: close" in client.answer().head


def _is_refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), BOUND).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        return False
    return False


def test_second_signal_ends_at_once(tmp_path: Path) -> None:
    with upstream() as behind, running(tmp_path, f"http://127.0.0.1:{behind.port}", "--workers", "1") as run:
        busy = Client(run.port)
        busy.send(asked("GET /v1/things", play="hang"))
        until(lambda: len(behind.seen) == 1, "a request is under way")
        run.process.send_signal(signal.SIGTERM)
        until(lambda: get(run.admin, "/ready")[0] == 503, "it is stopping")
        run.process.send_signal(signal.SIGTERM)
        assert run.process.wait(BOUND) == 0
        assert "stopped at once" in run.log() and busy.is_at_end()
        busy.close()


def test_restart_with_inherited_sockets_fails_no_request(tmp_path: Path) -> None:
    """The sockets stay open in the service manager, here this test: what comes between two guards waits for the second."""
    (tmp_path / "openapi.yaml").write_text(TEXT, encoding="utf-8")
    with upstream() as behind, socket.create_server(("127.0.0.1", 0), backlog=1_024) as given:
        port = given.getsockname()[1]
        first = _started(tmp_path, given, behind.port)
        over, seen = threading.Event(), list[object]()
        loops = [threading.Thread(target=_load, args=(port, keeps, seen, over)) for keeps in (True, False)]
        for loop in loops:
            loop.start()
        try:
            until(lambda: len(seen) > 20, "requests are answered")
            for _ in range(RESTARTS):
                first.terminate()
                assert first.wait(BOUND) == 0
                first = _started(tmp_path, given, behind.port)
                wanted = len(seen) + 20
                until(partial(_has, seen, wanted), "requests are answered by the next one")
        finally:
            over.set()
            for loop in loops:
                loop.join()
            ended(first)
    assert [one for one in seen if one != 200] == []


def _has(seen: list[object], wanted: int) -> bool:
    return len(seen) > wanted


_AS_SYSTEMD = (  # sd_listen_fds(3)
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1'); "
    "os.execv(sys.argv[2], sys.argv[2:])"
)


def _started(folder: Path, given: socket.socket, upstream_port: int) -> subprocess.Popen[bytes]:
    admin, descriptor = free_port(), given.fileno()
    command = [sys.executable, "-c", _AS_SYSTEMD, str(descriptor), str(BATTEN), "guard", "run", "--contract", "openapi.yaml",
               "--upstream", f"http://127.0.0.1:{upstream_port}", "--listen", "systemd", "--workers", "2",
               "--admin", f"127.0.0.1:{admin}", "--drain-delay", "0.5"]  # fmt: skip
    with (folder / "stderr").open("wb") as told:
        made = subprocess.Popen(command, cwd=folder, pass_fds=(descriptor,), stderr=told)
    listening(admin, made, folder / "stderr")
    until(lambda: get(admin, "/ready")[0] == 200, "the guard is ready")
    return made


def _load(port: int, keeps: bool, seen: list[object], over: threading.Event) -> None:
    """A client that keeps its connection as long as the server does, or one that does not; neither tries again. Before it uses a
    kept connection again it looks whether the server has closed it, as libraries do."""
    headers = {} if keeps else {"Connection": "close"}
    with httpx.Client(timeout=BOUND, headers=headers) as client:
        while not over.is_set():
            try:
                seen.append(client.get(f"http://127.0.0.1:{port}/v1/things").status_code)
            except httpx.HTTPError as error:
                seen.append(repr((keeps, error)))


def test_service_manager_is_told(tmp_path: Path) -> None:
    where = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(where))
        manager.settimeout(BOUND)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("NOTIFY_SOCKET", str(where))
            with (
                upstream() as behind,
                running(tmp_path, f"http://127.0.0.1:{behind.port}", "--workers", "2") as run,
            ):
                assert manager.recv(500).startswith(
                    b"READY=1\nMAINPID=%d\nSTATUS=serving on 127.0.0.1" % run.process.pid
                )
                run.process.send_signal(signal.SIGHUP)
                assert manager.recv(500).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
                assert manager.recv(500).startswith(b"READY=1\n")
                run.process.terminate()
                assert manager.recv(500).startswith(b"STOPPING=1")


def test_watchdog_is_fed_by_the_process_that_is_watched(tmp_path: Path) -> None:
    where = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(where))
        manager.setblocking(False)
        told = {"NOTIFY_SOCKET": str(where), "WATCHDOG_USEC": "30000000"}
        Notifier(dict(told)).alive()
        assert manager.recv(500) == b"WATCHDOG=1"
        for more in ({"WATCHDOG_PID": str(os.getpid() + 1)}, {"NOTIFY_SOCKET": ""}, {"WATCHDOG_USEC": "x"}):
            Notifier(told | more).alive()
            with pytest.raises(BlockingIOError):
                manager.recv(500)

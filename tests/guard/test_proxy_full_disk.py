"""Nothing can be written any more: neither logs, nor what is kept of traffic. Requests are answered all the same."""

from __future__ import annotations

import resource
from pathlib import Path

from cases.case import asked
from guard_clients import Client
from guard_processes import running
from guard_upstream import upstream

from waiting import until

MOST = 24_576  # bytes of a file
MANY = 400


def _full() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST, MOST))


def test_logs_and_traffic(tmp_path: Path) -> None:
    more = ("--workers", "2", "--access-log", str(tmp_path / "access.log"), "--traffic", str(tmp_path / "traffic.db"))  # fmt: skip
    with (
        upstream() as behind,
        running(tmp_path, f"http://127.0.0.1:{behind.port}", *more, prepare=_full) as run,
    ):
        clients = [Client(run.port) for _ in range(4)]
        for number in range(MANY):
            client = clients[number % 4]
            for request, status in ((asked("GET /v1/things"), 200), (asked(f"GET /v1/nothing{number}"), 404),
                                    (asked("GET /v1/things", play="wrong type"), 500)):  # fmt: skip
                client.send(request)
                assert client.answer().status == status
        until(
            lambda: run.metric("batten_guard_access_log_lost_total") > MANY,
            "lost lines of the log are counted",
        )
        for name in ("access.log", "stderr"):
            assert (tmp_path / name).stat().st_size <= MOST
        assert len(run.children()) == 2 and run.asked() == 200
        for client in clients:
            client.close()

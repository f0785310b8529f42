"""A worker that has stopped to answer is replaced."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

from guard_processes import get, running
from guard_upstream import upstream

from batten.guard.proxy.meter import BEAT, REPLACED, Meters
from batten.guard.proxy.supervisor import Watch
from waiting import until

NAME = 'batten_guard_workers_replaced_total{reason="stuck"}'


def test_a_stopped_worker_is_replaced(tmp_path: Path) -> None:
    more = ("--workers", "2", "--stuck-seconds", "1")
    with upstream() as behind, running(tmp_path, f"http://127.0.0.1:{behind.port}", *more) as run:
        before = run.children()
        assert run.metric(NAME) == 0 and "stuck_workers_replaced" not in get(run.admin, "/health")[1].decode()
        os.kill(before[0], signal.SIGSTOP)
        until(lambda: run.metric(NAME) == 1, "it is noticed")
        until(lambda: len(run.children()) == 2 and before[0] not in run.children(), "another one is started")
        assert before[1] in run.children()
        until(lambda: b'"workers": 2' in get(run.admin, "/health")[1], "both are there")
        assert json.loads(get(run.admin, "/health")[1])["stuck_workers_replaced"] == 1
        assert all(run.asked() == 200 for _ in range(20))
        assert "has not answered for 1 seconds and is replaced" in run.log()


def test_silence_is_counted_by_looks() -> None:
    """A machine that slept for an hour, and a worker that has not begun, are no reason to end one."""
    meters = Meters(2)
    watch = Watch(meters, 10)
    workers = {2**30: 0, 2**30 + 1: 1}  # no process has these numbers
    meters.row(0).add(BEAT)
    for now in (1.0, 3_601.0, 3_602.0):
        watch.turn(workers, now)
    assert meters.sum(REPLACED) == 0
    for now in range(3_603, 3_611):
        meters.row(0).add(BEAT)
        watch.turn(workers, float(now))
    for now in range(3_611, 3_621):
        assert meters.sum(REPLACED) == 0
        watch.turn(workers, float(now))
    assert (meters.row(0).get(REPLACED), meters.row(1).get(REPLACED)) == (1, 0)
    watch.turn({}, 3_700.0)
    watch.turn(workers, 3_701.0)
    assert meters.sum(REPLACED) == 1

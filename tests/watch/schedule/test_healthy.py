"""What the health check of a worker's container asks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from batten.watch.schedule.workers import Worker, WorkerProblem, healthy


def test_a_worker_is_healthy_while_it_lives_and_goes_on(tmp_path: Path) -> None:
    with pytest.raises(WorkerProblem):
        healthy(tmp_path / "none")
    worker = Worker(tmp_path)
    assert healthy(tmp_path)
    file = tmp_path / "workers" / worker.name
    os.utime(file, (1, 1))  # its loop hangs
    assert not healthy(tmp_path)
    worker.beat()
    assert healthy(tmp_path)
    worker.leave()
    assert not healthy(tmp_path)


def test_what_a_dead_worker_left_is_not_healthy(tmp_path: Path) -> None:
    worker = Worker(tmp_path)
    (tmp_path / "workers" / "host-1-00000000").touch()
    worker.leave()
    assert not healthy(tmp_path)

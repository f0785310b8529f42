"""Which runs have lost their worker: told by locks and by a whole term of silence, never by a clock that could be set."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from batten.watch.model import Run, RunState, Why
from batten.watch.schedule.local import Watching
from batten.watch.schedule.workers import Life, Worker

_RUN = Run(id=1, environment=1, why=Why.DEMAND, state=RunState.RUNNING, queued=0, worker="w", attempt=1)


def _elsewhere(name: str) -> Life:
    return Life.UNKNOWN


def _not_mine(run: Run) -> bool:
    return False


def test_a_term_of_silence_is_one_that_was_watched() -> None:
    watching = Watching(60.0)
    looks = [watching.lost([_RUN], at, _elsewhere, _not_mine) for at in (0.0, 20.0, 40.0, 59.0)]
    assert not any(looks)
    assert watching.lost([_RUN], 60.0, _elsewhere, _not_mine) == [_RUN]


def test_a_heartbeat_or_another_attempt_begins_a_new_term() -> None:
    watching = Watching(60.0)
    for at in (0.0, 20.0, 40.0):
        watching.lost([_RUN], at, _elsewhere, _not_mine)
    assert not watching.lost([replace(_RUN, beats=1)], 60.0, _elsewhere, _not_mine)
    assert not watching.lost([replace(_RUN, attempt=2)], 80.0, _elsewhere, _not_mine)


def test_a_gap_between_two_looks_begins_a_new_term() -> None:
    watching = Watching(60.0)
    assert not watching.lost([_RUN], 0.0, _elsewhere, _not_mine)
    assert not watching.lost([_RUN], 600.0, _elsewhere, _not_mine), (
        "this process slept, or the database was away"
    )
    assert not watching.lost([_RUN], 625.0, _elsewhere, _not_mine)


def test_a_worker_that_is_gone_loses_its_runs_at_once_and_one_s_own_are_left_alone() -> None:
    watching = Watching(60.0)
    assert watching.lost([_RUN], 0.0, lambda name: Life.GONE, _not_mine) == [_RUN]
    assert not watching.lost([_RUN], 600.0, lambda name: Life.GONE, lambda run: True)


def test_workers_of_one_folder_know_of_each_other(tmp_path: Path) -> None:
    one, other = Worker(tmp_path), Worker(tmp_path)
    assert one.knows(other.name) is Life.LIVES and one.knows("host-1-00000000") is Life.UNKNOWN
    left = tmp_path / "workers" / "host-1-00000000"
    left.touch()
    (tmp_path / "workers" / ".host-2-00000000.0123456789ab").touch()  # it is about to take its lock
    assert one.gone() == [left.name]
    one.forget(left.name)
    other.leave()
    assert one.gone() == [] and one.knows(other.name) is Life.UNKNOWN
    one.leave()

"""All workers of `batten guard run` hold one version of contract and policy, also those that come after a reload."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from guard_contracts import TEXT
from guard_processes import Run, get, running
from guard_upstream import upstream
from hypothesis import settings

from batten.guard.proxy.follower import Follower
from batten.guard.proxy.meter import RELOADS, RELOADS_FAILED, Meters
from batten.guard.proxy.reloading import compiled
from batten.guard.proxy.rollout import Rollout
from batten.guard.proxy.settings import Address, Settings, Upstream
from batten.guard.proxy.versions import Versions, shown
from waiting import until

ANSWER = "responses: {default: {description: x, content: {application/json: {}}}}"
KILLS = 40 if settings().max_examples > 1_000 else 2  # HYPOTHESIS_PROFILE=proof


def _text(number: int) -> str:
    return TEXT.replace("/events:", f"/new{number}: {{get: {{security: [], {ANSWER}}}}}\n  /events:")


def _health(run: Run) -> dict[str, object]:
    read: dict[str, object] = json.loads(get(run.admin, "/health")[1])
    return read


def _all_hold(run: Run, other: object) -> bool:
    told = _health(run)
    return told["version"] != other and told["versions"] == [told["version"]] * 2


def test_reloads_survive_kills(tmp_path: Path) -> None:
    with upstream() as behind, running(tmp_path, f"http://127.0.0.1:{behind.port}", "--workers", "2") as run:
        for number in range(KILLS):
            _reload_and_kill(run, number)


def _reload_and_kill(run: Run, number: int) -> None:
    contract, before = run.folder / "openapi.yaml", _health(run)["version"]
    contract.write_text(_text(number), encoding="utf-8")
    until(lambda: _all_hold(run, before), "both workers hold the new version")
    version = _health(run)["version"]
    contract.write_text("openapi: [", encoding="utf-8")  # what is on the disk is of no use to a new worker
    until(lambda: run.metric("batten_guard_reloads_failed_total") == number + 1, "it is refused")
    killed = run.children()[: 1 + number % 2]
    for process in killed:
        os.kill(process, signal.SIGKILL)
    until(lambda: len(run.children()) == 2 and not set(killed) & set(run.children()), "others start")
    until(lambda: run.metric("batten_guard_workers") == 2, "both are counted")
    assert [run.asked(f"/v1/new{number}") for _ in range(8)] == [200] * 8
    told = _health(run)
    assert told["version"] == version and told["versions"] == [version] * 2
    line = f'batten_guard_worker_version_info{{worker="1",version="{version}"}}'
    assert run.metric(line) == 1 and run.metric("batten_guard_unjudged_operations") == 0


def test_named_operations_are_told(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(
        TEXT.replace("maxLength: 10}, password", "maxLength: 10, pattern: 'b(?!a)'}, password"),
        encoding="utf-8",
    )
    names = ("GET /v1/things", "POST /v1/things", "GET /v1/things/{id}", "PUT /v1/things/{id}")
    options = [word for name in names for word in ("--allow-unjudged", name)]
    with (
        upstream() as behind,
        running(tmp_path, f"http://127.0.0.1:{behind.port}", "--workers", "1", *options) as run,
    ):
        assert _health(run)["unjudged"] == sorted(names)
        assert run.metric("batten_guard_unjudged_operations") == 4
        assert all(f"not judged: {name}: " in run.log() for name in names)
        assert run.asked() == 200


# One supervisor and two workers, step by step.


class Process:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write(TEXT)
        to = Upstream(Address("127.0.0.1", 1))
        self.settings = Settings(folder / "openapi.yaml", to, Address("127.0.0.1", 0), watch_seconds=0)
        self.meters = Meters(2)
        self.versions = Versions(2)
        ready = compiled(self.settings)
        self.rollout = Rollout(self.settings, ready, self.versions, self.meters.row(0))
        self.workers = [self.start(number) for number in range(2)]
        self.now = 0.0

    def write(self, text: str) -> None:
        (self.folder / "openapi.yaml").write_text(text, encoding="utf-8")

    def start(self, number: int) -> Follower:
        rollout = self.rollout
        return Follower(self.settings, self.versions, number, rollout.held, rollout.next)

    def turn(self, asked: bool = False) -> None:
        self.now += 1
        self.rollout.turn(self.now, asked)

    def prepares(self, number: int) -> None:
        """Until it has prepared, or failed."""
        assert self.workers[number].take() is None
        thread = self.workers[number]._thread
        assert thread is not None
        thread.join()

    @property
    def first(self) -> str:
        return shown(self.rollout.held.digest)


@pytest.fixture
def process(tmp_path: Path) -> Process:
    return Process(tmp_path)


def test_none_takes_what_not_all_have_prepared(process: Process) -> None:
    old = process.first
    assert process.versions.held() == (old, old)
    process.write(_text(1))
    process.turn()
    process.prepares(0)
    process.turn()
    assert process.workers[0].take() is None and process.versions.held() == (old, old)
    process.prepares(1)
    process.turn()
    assert process.meters.sum(RELOADS) == 0
    assert all(worker.take() is not None for worker in process.workers)
    process.turn()
    assert process.meters.sum(RELOADS) == 1 and not process.rollout.is_under_way
    assert process.first != old and process.versions.held() == (process.first,) * 2


def test_a_worker_that_starts_meanwhile_has_prepared(process: Process) -> None:
    process.write(_text(1))
    process.turn()
    process.prepares(0)
    process.workers[1] = process.start(1)
    process.turn()
    assert all(worker.take() is not None for worker in process.workers)
    process.workers[0] = process.start(0)
    assert process.workers[0].take() is None
    process.turn()
    assert process.versions.held() == (process.first,) * 2


def test_a_file_that_changes_again_is_announced_again(process: Process) -> None:
    process.write(_text(1))
    process.turn()
    process.write(_text(2))
    process.prepares(0)  # another version than was announced
    assert process.versions.failed() == (0,) and process.rollout.stuck(process.now) == ()
    process.turn()
    assert process.rollout.stuck(process.now) == ()
    for number in range(2):
        process.prepares(number)
    process.turn()
    assert all(worker.take() is not None for worker in process.workers)


def test_a_worker_that_cannot_prepare_is_replaced(process: Process) -> None:
    process.write(_text(1))
    process.turn()
    process.prepares(0)
    process.versions.fail(1, process.versions.generation)
    assert process.rollout.stuck(process.now) == ()
    process.turn()
    assert process.rollout.stuck(process.now) == (1,)
    process.workers[1] = process.start(1)
    process.turn()
    assert process.rollout.stuck(process.now) == ()
    assert all(worker.take() is not None for worker in process.workers)


def test_a_worker_that_is_late_is_replaced(process: Process) -> None:
    process.write(_text(1))
    process.turn()
    process.prepares(0)
    assert process.rollout.stuck(process.now + 61) == (1,)


def test_what_cannot_be_used_changes_nothing(process: Process) -> None:
    old = process.first
    process.write(TEXT.replace("maxLength: 10", "maxLength: ten"))
    process.turn()
    assert process.meters.sum(RELOADS_FAILED) == 1 and not process.rollout.is_under_way
    process.turn()
    assert process.meters.sum(RELOADS_FAILED) == 1  # told once
    process.turn(asked=True)
    assert process.meters.sum(RELOADS_FAILED) == 2
    process.write(TEXT)
    process.turn()
    process.turn(asked=True)
    assert process.first == old and not process.rollout.is_under_way and process.versions.generation == 1


def test_a_version_is_of_contents_not_of_places(tmp_path: Path, process: Process) -> None:
    other = tmp_path / "other"
    other.mkdir()
    assert Process(other).first == process.first
    (other / "batten.yaml").write_text("hosts: [api.example.com]\n", encoding="utf-8")
    assert Process(other).first != process.first

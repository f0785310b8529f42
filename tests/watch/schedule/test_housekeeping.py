"""What is done once an hour: each job by itself, whatever becomes of the others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection

from batten.watch.model import DAY, HOUR, SERVICE, Happening, Side, Status, Why
from batten.watch.schedule.housekeeping import keep_folder, keep_house
from batten.watch.settings import Settings, Watch
from batten.watch.store import environments, events, hooks, intervals, runs
from batten.watch.store.database import Database
from batten.watch.store.knowledge import settle
from watch_fleet import FOUND
from watch_stores import environment

_NOW = 1_795_770_000_000


def _at(now: int):  # type: ignore[no-untyped-def]
    def clock(db: Connection) -> int:
        return now

    return clock


def test_what_a_paused_environment_shows_is_not_known_after_its_objective(
    store: Database, tmp_path: Path
) -> None:
    watch, number = Watch(store, Settings(folder=tmp_path)), environment(store)
    with store.begin() as db:
        runs.queue(db, number, Why.DEMAND, "ann", _NOW)
        held = runs.claim(db, "w", _NOW, 1000)
        assert held is not None and settle(db, held, FOUND, _NOW) is not None
        one = environments.find(db, SERVICE, number)
        assert one is not None
        environments.change(db, replace(one, paused=True, objective=HOUR))
    assert keep_house(watch, _at(_NOW + HOUR // 2)) == [] and _status(store, number) is Status.BROKEN
    assert keep_house(watch, _at(_NOW + 2 * HOUR)) == [] and _status(store, number) is Status.UNKNOWN
    with store.read() as db:
        told = [one.what for one in events.after(db, SERVICE, 0)]
    assert Happening.OVERDUE not in told


def _status(store: Database, number: int) -> Status:
    with store.read() as db:
        (one,) = intervals.current(db, number)
    assert one.side is Side.OBSERVED
    return one.status


def test_deliveries_are_remembered_for_long_but_not_for_ever(store: Database, tmp_path: Path) -> None:
    watch, number = Watch(store, Settings(folder=tmp_path)), environment(store)
    with store.begin() as db:
        assert hooks.first(db, "d", number, _NOW)
    keep_house(watch, _at(_NOW + 300 * DAY))
    with store.begin() as db:
        assert not hooks.first(db, "d", number, _NOW)
    keep_house(watch, _at(_NOW + 500 * DAY))
    with store.begin() as db:
        assert hooks.first(db, "d", number, _NOW)


def test_a_job_that_fails_stops_no_other(
    store: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    asked: list[int] = []

    def breaks(db: Connection) -> int:
        asked.append(1)
        raise ValueError("no clock")

    watch = Watch(store, Settings(folder=tmp_path))
    failed = keep_house(watch, breaks)
    assert len(failed) == len(asked) > 3 and keep_folder(watch, breaks) == [
        "mirrors of repositories that are not used"
    ]
    assert "no clock" in caplog.text and failed[0] in caplog.text

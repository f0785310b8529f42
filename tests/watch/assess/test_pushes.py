"""A pushed report: settled as a run of its own, in few statements however many findings it has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event

from batten.watch.assess.pushes import Busy, ingest, read
from batten.watch.assess.report import ReportProblem
from batten.watch.model import SERVICE, Environment, RunState, Side, Source, Why
from batten.watch.store import audit, environments, runs
from batten.watch.store.database import Database
from proofs import PROOF
from watch_stores import environment

NOW = 1_800_000_000_000
MANY = 10_000 if PROOF else 2_000


def pushed(database: Database, source: Source = Source.PUSHED, **settings: str) -> Environment:
    number = environment(database)
    with database.begin() as db:
        one = environments.find(db, SERVICE, number)
        assert one is not None
        changed = replace(one, source=source, settings=settings)
        environments.change(db, changed)
        return changed


def many(report: bytes, count: int) -> bytes:
    """The report with so many places."""
    made: dict[str, Any] = json.loads(report)
    first = made["findings"][0]
    spot = first["places"][0]
    rows = []
    for number in range(count):
        at = {**spot["at"], "path": f"services/{number % 500}/compose.yaml", "line": number}
        rows.append({**spot, "at": at, "fingerprint": f"{number:024x}", "kin": f"{number:024x}"})
    made["findings"] = [
        {**first, "places": rows[at : at + 20], "also_breaks": []} for at in range(0, count, 20)
    ]
    made["ledger"]["read"] += [
        {"path": f"services/{n}/compose.yaml", "technologies": [], "context": "production", "whole": True}
        for n in range(500)
    ]
    return json.dumps(made).encode()


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    said: list[str] = []

    def note(connection: object, cursor: object, statement: str, *others: object) -> None:
        said.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def test_a_report_is_a_run(store: Database, report: bytes) -> None:
    one = pushed(store)
    with store.begin() as db:
        run = ingest(db, SERVICE, one, report, NOW, "ab12", "release 7")
        found = environments.find(db, SERVICE, one.id)
        (entry,) = audit.every(db, SERVICE)
    assert (run.state, run.why, run.commit, run.deployment) == (RunState.DONE, Why.PUSH, "ab12", "release 7")
    assert run.opened == len(read(one, report).found) == run.standing
    assert found is not None and found.assessed == NOW
    assert (entry.action, entry.data["run"]) == ("report-pushed", str(run.id))
    with store.begin() as db:
        again = ingest(db, SERVICE, one, report, NOW + 1000)
    assert (again.opened, again.fixed, again.standing) == (0, 0, run.standing) and again.id != run.id


def test_many_findings_are_few_statements_and_the_same_again_almost_none(
    store: Database, report: bytes
) -> None:
    one, data = pushed(store), many(report, MANY)
    with counted(store) as first, store.begin() as db:
        assert ingest(db, SERVICE, one, data, NOW).opened == MANY
    with counted(store) as second, store.begin() as db:
        assert ingest(db, SERVICE, one, data, NOW + 1).opened == 0
    assert len(first) < 400 and len(second) < 60


def test_two_reports_at_once_follow_each_other(store: Database, report: bytes) -> None:
    one = pushed(store)

    def push(number: int) -> int:
        with store.begin() as db:
            return ingest(db, SERVICE, one, report, NOW + number).id

    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(push, range(4)))
    with store.read() as db:
        ended = runs.every(db, SERVICE)
    assert {run.id for run in ended} == set(numbers) and len(ended) == 4
    assert sorted(run.opened for run in ended) == [0, 0, 0, ended[0].standing]


def test_a_run_in_progress_is_not_disturbed(store: Database, report: bytes) -> None:
    one = pushed(store)
    with store.begin() as db:
        runs.queue(db, one.id, Why.DEMAND, "a", NOW)
    with store.begin() as db, pytest.raises(Busy, match="in progress; send the report again"):
        ingest(db, SERVICE, one, report, NOW)


def test_what_is_refused_changes_nothing(store: Database, report: bytes) -> None:
    one = pushed(store)
    for data in (b"{}", report.replace(b'"check"', b'"review"'), b""):
        with store.begin() as db, pytest.raises(ReportProblem):
            ingest(db, SERVICE, one, data, NOW)
    with store.read() as db:
        assert runs.every(db, SERVICE) == []


def test_of_a_live_environment_ci_says_what_files_declare(store: Database, report: bytes) -> None:
    one = pushed(store, Source.LIVE, url="https://a.example")
    assert read(one, report).sides == {Side.DECLARED}
    with pytest.raises(ReportProblem, match="takes no reports"):
        read(replace(one, source=Source.REPOSITORY), report)

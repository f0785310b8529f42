"""What is not known: silence is never taken for a pass."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import update

from batten.watch.model import DAY, HOUR, SERVICE, Assessed, Side, Why
from batten.watch.store import runs
from batten.watch.store import tables as t
from batten.watch.store.database import Database
from batten.watch.store.questions.filters import ALL, Filter
from batten.watch.store.questions.gaps import Gap, gaps
from watch_assessments import seen, settled, whole
from watch_stores import environment

NOW = 100 * DAY


def asked(store: Database, which: Filter = ALL) -> dict[str, Gap]:
    with store.read() as db:
        found = gaps(db, SERVICE, which, now=NOW)
    assert found.count == len(found.gaps)
    return {gap.environment.name: gap for gap in found.gaps}


def test_each_kind_of_gap_by_name(store: Database) -> None:
    environment(store, "never")
    late, fine, failed = environment(store, "late"), environment(store, "fine"), environment(store, "failed")
    settled(store, late, whole(), NOW - 2 * DAY)
    settled(store, fine, whole(seen()), NOW - HOUR)
    settled(store, failed, whole(), NOW - HOUR)
    with store.begin() as db:
        run = runs.begin(db, failed, Why.DEMAND, "a", NOW - 60_000, 60_000, "w")
        assert run is not None and runs.fail(db, run, NOW - 1, "the host did not answer")
    found = asked(store)
    assert list(found) == ["never/prod", "late/prod", "failed/prod"]
    assert found["never/prod"].assessed is None
    assert found["late/prod"].overdue and found["late/prod"].assessed == NOW - 2 * DAY
    error = found["failed/prod"].failed
    assert error is not None and (error.error, error.at) == ("the host did not answer", NOW - 1)
    settled(store, failed, whole(), NOW)
    assert "failed/prod" not in asked(store)


def test_what_a_run_could_not_look_at_is_named(store: Database) -> None:
    prod = environment(store)
    settled(store, prod, whole(seen(), seen("cors-closed", side=Side.OBSERVED)), NOW - 2 * HOUR)
    less = replace(
        whole(seen()), complete=frozenset({Side.DECLARED}), judged={Side.DECLARED: frozenset(["hsts-sent"])}
    )
    settled(store, prod, replace(less, problems=("https://orders did not answer",)), NOW - HOUR)
    gap = asked(store)["orders/prod"]
    assert (gap.findings, gap.problems) == (1, ("https://orders did not answer",))
    assert {(one.control, one.since) for one in gap.controls} >= {("cors-closed", NOW - HOUR)}
    assert all(one.side is Side.OBSERVED for one in gap.controls)
    assert asked(store, Filter(side=Side.DECLARED)) == {}


def test_a_paused_environment_is_not_known_either(store: Database) -> None:
    prod = environment(store)
    settled(store, prod, Assessed(), NOW - 2 * DAY)
    with store.begin() as db:
        db.execute(update(t.environment).values(paused=True))
    gap = asked(store)["orders/prod"]
    assert gap.paused and gap.overdue

"""One environment: what its files declare beside what its running system shows, and the stage before it."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import update

from batten.model import Severity
from batten.watch.ledger.parity import Accepted, Gap
from batten.watch.model import DAY, HOUR, SERVICE, Side, Status
from batten.watch.store import tables as t
from batten.watch.store.database import Database
from batten.watch.store.questions.one_environment import Line, Whole, one
from watch_assessments import seen, settled, whole
from watch_stores import environment

NOW = 100 * DAY


def asked(store: Database, number: int) -> tuple[Whole, dict[str, Line]]:
    with store.read() as db:
        found = one(db, SERVICE, number, now=NOW, days=10)
    assert found is not None
    return found, {line.control: line for line in found.lines}


def test_declared_and_observed_side_by_side(store: Database) -> None:
    prod = environment(store)
    live = seen("hsts-sent", side=Side.OBSERVED, severity=Severity.HIGH)
    for hours in range(0, 200, 20):
        settled(store, prod, whole(*([live] if hours >= 40 else [])), NOW - 200 * HOUR + hours * HOUR)
    found, lines = asked(store, prod)
    hsts = lines["hsts-sent"]
    assert found.lines[0] == hsts and hsts.deviates
    assert (hsts.declared.status, hsts.observed.status) == (Status.HOLDS, Status.BROKEN)
    assert (hsts.observed.open, hsts.observed.worst, hsts.observed.since) == (
        1,
        Severity.HIGH,
        NOW - 160 * HOUR,
    )
    assert hsts.observed.share.compliant == 0.2 and hsts.declared.share.compliant == 1.0
    assert not lines["cors-closed"].deviates and hsts.family == "transport"
    assert found.proofs == {Side.DECLARED: NOW - 20 * HOUR, Side.OBSERVED: NOW - 20 * HOUR}
    assert [run.standing for run in found.runs] == [1] * 8 + [0] * 2 and found.behind is None


def test_what_was_not_looked_at_is_not_shown_as_if_it_held(store: Database) -> None:
    prod = environment(store)
    settled(
        store,
        prod,
        replace(whole(), sides=frozenset({Side.DECLARED}), judged={Side.DECLARED: frozenset(["hsts-sent"])}),
        NOW - DAY,
    )
    _, lines = asked(store, prod)
    assert lines["hsts-sent"].observed.status is None and not lines["hsts-sent"].deviates


def test_behind_the_stage_before(store: Database) -> None:
    staging, prod = environment(store, stage="staging", place=1), environment(store)
    settled(store, staging, whole(seen("hsts-sent")), NOW - DAY)
    settled(store, prod, whole(seen("hsts-sent"), seen("cors-closed"), seen("store-password")), NOW - DAY)
    with store.begin() as db:
        db.execute(
            update(t.environment).where(t.environment.c.id == prod).values(differences='["store-password"]')
        )
    found, lines = asked(store, prod)
    assert found.behind is not None and found.behind.stage.id == staging
    lags = [(lag.control, lag.gap, lag.accepted) for lag in found.behind.lags]
    assert lags == [("cors-closed", Gap.WEAKER, None), ("store-password", Gap.WEAKER, Accepted.DECLARED)]
    assert lines["store-password"].difference and not lines["cors-closed"].difference

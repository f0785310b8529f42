"""The map: what is open, what holds, and what was never looked at, in each family of each environment."""

from __future__ import annotations

from batten.model import Severity
from batten.watch.model import DAY, HOUR, SERVICE, Side
from batten.watch.store.database import Database
from batten.watch.store.questions.heat import Cell, heat
from watch_assessments import seen, settled, whole
from watch_stores import environment

NOW = 100 * DAY


def test_cells_say_the_worst_and_how_many(store: Database) -> None:
    prod, staging = environment(store), environment(store, stage="staging", place=1)
    found = [
        seen(),
        seen(pointer="b", severity=Severity.HIGH),
        seen("tls-required", side=Side.OBSERVED, severity=Severity.LOW),
    ]
    settled(
        store, prod, whole(*found, judged=("hsts-sent", "tls-required", "cors-policy-defined")), NOW - HOUR
    )
    with store.read() as db:
        made = heat(db, SERVICE, now=NOW)
    assert made.families == ("cors", "transport") and (made.count, made.next) == (2, 0)
    first, second = made.rows
    assert [first.environment.id, second.environment.id] == [staging, prod]
    assert all(not cell.judged and cell.worst is None for cell in first.cells) and first.assessed is None
    cors, transport = second.cells
    assert cors == Cell(family="cors", worst=None, open=0, unknown=0, holds=2, broken=0, unjudged=0)
    assert (transport.worst, transport.open, transport.holds, transport.broken) == (Severity.HIGH, 3, 2, 2)
    assert (second.declared, second.observed, second.overdue) == (NOW - HOUR, NOW - HOUR, False)


def test_rows_come_in_parts(store: Database) -> None:
    for number in range(5):
        environment(store, f"service{number}")
    with store.read() as db:
        one = heat(db, SERVICE, now=NOW, most=3)
        two = heat(db, SERVICE, now=NOW, most=3, after=one.next)
    assert [row.environment.service for row in (*one.rows, *two.rows)] == [f"service{n}" for n in range(5)]
    assert (one.next, two.next, one.count) == (3, 0, 5)

"""Assessments in the database: what they write, in one transaction, and what they leave alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import delete, event, func, select

from batten.model import Severity
from batten.watch.model import (
    DAY,
    SERVICE,
    Assessed,
    Happening,
    Interval,
    Life,
    LifeState,
    Run,
    RunState,
    Side,
    Status,
    Why,
)
from batten.watch.store import details, environments, events, intervals, knowledge, lives, proofs, runs, ticks
from batten.watch.store.database import Database
from batten.watch.store.tables import interval, life, span, team
from proofs import PROOF
from watch_assessments import CONTROLS, seen, settled, whole
from watch_stores import environment
from watch_worlds import HOUR, OBJECTIVE, STEPS, Step, World, essence, replayed


def test_a_finding_from_its_birth_to_its_return(store: Database) -> None:
    number = environment(store)
    one, two = seen(), seen("store-password", "compose.yml", severity=Severity.HIGH)
    settled(store, number, whole(one, two), 1_000)
    settled(store, number, whole(two), 5_000)
    settled(store, number, whole(one, two), 9_000)
    with store.read() as db:
        back, other = sorted(lives.standing(db, number), key=lambda found: found.severity)
        assert (back.state, back.opened, back.since, back.began) == (LifeState.OPEN, 1_000, 9_000, 9_000)
        assert (back.regressed, back.open_for, back.closed) == (1, 4_000, None)
        assert (other.opened, other.since, other.regressed) == (1_000, 1_000, 0)
        spans = db.execute(select(span).where(span.c.life == back.id).order_by(span.c.id)).all()
        assert [(s.opened, s.closed) for s in spans] == [(1_000, 5_000), (9_000, None)]
        assert details.body_of(db, back.detail) == one.detail
        told = [(e.what, e.life) for e in events.after(db, SERVICE, 0, 500) if e.life == back.id]
        assert told == [
            (Happening.FINDING_NEW, back.id),
            (Happening.FINDING_FIXED, back.id),
            (Happening.FINDING_REGRESSED, back.id),
        ]
        ended = runs.every(db, SERVICE, number)
        assert [(r.opened, r.fixed, r.standing) for r in ended] == [(1, 0, 2), (0, 1, 1), (2, 0, 2)]
        assert {r.state for r in ended} == {RunState.DONE}
        hsts = [
            i for i in intervals.current(db, number) if i.control == "hsts-sent" and i.side is Side.DECLARED
        ]
        assert [(i.status, i.start) for i in hsts] == [(Status.BROKEN, 9_000)]


def test_the_same_again_writes_next_to_nothing(store: Database) -> None:
    number = environment(store)
    many = [seen(CONTROLS[n % 3], f"conf/{n}.conf", value=str(n)) for n in range(200)]
    settled(store, number, whole(*many), 1_000)
    with store.read() as db:
        before = events.last(db)
    written: list[int] = []

    def count(_1: object, cursor: object, statement: str, _2: object, _3: object, _4: bool) -> None:
        if statement.split()[0] in ("INSERT", "UPDATE", "DELETE"):
            written.append(getattr(cursor, "rowcount", 0))

    event.listen(store.engine, "after_cursor_execute", count)
    made = settled(store, number, whole(*reversed(many)), 2_000)
    assert not made.turns and not made.begun and not made.events
    assert sum(written) < 12, written
    with store.read() as db:
        assert {proof.at for proof in proofs.of(db, number).values()} == {2_000}
        assert [e.what for e in events.after(db, SERVICE, before)][-1] is Happening.RUN_DONE


def test_what_was_not_looked_at_is_unknown(store: Database) -> None:
    number = environment(store)
    live = seen(side=Side.OBSERVED, place="https://a.example/")
    settled(store, number, whole(seen(), live), 1_000)
    settled(store, number, Assessed(problems=("nothing answered",)), 2_000)
    with store.read() as db:
        assert {found.state for found in lives.standing(db, number)} == {LifeState.UNKNOWN}
        assert {i.status for i in intervals.current(db, number)} == {Status.UNKNOWN}
        assert {proof.at for proof in proofs.of(db, number).values()} == {1_000}


def test_a_run_that_was_lost_writes_nothing(store: Database) -> None:
    number = environment(store)
    with store.begin() as db:
        run = runs.begin(db, number, Why.DEMAND, "a", 1_000, 10, "slow")
        assert run is not None
        assert runs.lost(db, run, 9_000)
        assert knowledge.settle(db, run, whole(seen()), 9_001) is None
        assert knowledge.settle(db, Run(environment=404, why=Why.DEMAND, queued=0), whole(seen()), 1) is None
        assert db.execute(select(func.count()).select_from(life)).scalar() == 0


@pytest.mark.parametrize("noticed", (False, True))
def test_knowledge_lapses_after_the_objective(store: Database, noticed: bool) -> None:
    """Whether the service noticed it in time or was down meanwhile, the time in between is unknown."""
    number = environment(store)
    settled(store, number, whole(judged=("hsts-sent",)), 1_000)
    if noticed:
        with store.begin() as db:
            assert knowledge.lapse(db, number, 1_000 + DAY) is None
            assert knowledge.lapse(db, number, 1_000 + DAY + 7) is not None
            assert knowledge.lapse(db, number, 1_000 + DAY + 9) is None
    settled(store, number, whole(judged=("hsts-sent",)), 1_000 + 3 * DAY)
    with store.read() as db:
        found = db.execute(
            select(interval).where(interval.c.side == Side.DECLARED.value).order_by(interval.c.start)
        )
        assert [(row.status, row.start, row.end) for row in found] == [
            ("holds", 1_000, 1_000 + DAY),
            ("unknown", 1_000 + DAY, 1_000 + 3 * DAY),
            ("holds", 1_000 + 3 * DAY, None),
        ]
        changed = environments.find(db, SERVICE, number)
        assert changed is not None and changed.assessed == 1_000 + 3 * DAY


def test_a_renamed_file_keeps_its_findings(store: Database) -> None:
    number = environment(store)
    settled(store, number, whole(seen(place="old.conf")), 1_000)
    settled(store, number, whole(seen(place="new.conf")), 2_000)
    with store.read() as db:
        (only,) = lives.standing(db, number)
        assert (only.place, only.opened, only.regressed) == ("new.conf", 1_000, 0)
        assert only.fingerprint == seen(place="new.conf").fingerprint
    back = replace(seen(place="new.conf"), severity=Severity.CRITICAL)
    made = settled(store, number, whole(back), 3_000)
    assert [e.what for e in made.events] == [Happening.FINDING_WORSE]


@settings(max_examples=300 if PROOF else 15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_tables_are_what_the_ledger_says(store: Database, steps: list[Step]) -> None:
    """A random history in the database, in memory, and made again of nothing but the database's events."""
    with store.begin() as db:
        db.execute(delete(team))
    number, world = environment(store), World()
    now = 1_000 * HOUR
    with store.begin() as db:
        known = environments.find(db, SERVICE, number)
        assert known is not None
        environments.change(db, replace(known, objective=OBJECTIVE))
    for step in steps:
        now += step.ahead
        world.lapse(OBJECTIVE, now)
        if step.assessed is None:
            with store.begin() as db:
                knowledge.lapse(db, number, now)
            continue
        made = settled(store, number, step.assessed, now)
        world.assess(step.assessed, made.run, now)
    with store.read() as db:
        kept = [lives.life_of(row) for row in db.execute(select(life).order_by(life.c.id))]
        assert [bare(one) for one in kept] == [bare(one) for one in world.lives.values()]
        spans = db.execute(select(span).order_by(span.c.id)).all()
        names = {one.id: index for index, one in enumerate(kept, 1)}
        assert [(names[s.life], s.opened, s.closed) for s in spans] == [
            (s.life, s.opened, s.closed) for s in world.spans
        ]
        rows = [intervals.interval_of(row) for row in db.execute(select(interval).order_by(interval.c.id))]
        assert [bare(one) for one in rows] == [bare(one) for one in world.intervals]
        assert proofs.of(db, number) == world.proofs
        told = [e for e in events.after(db, SERVICE, 0, 100_000) if e.environment == number]
    again = replayed(told)
    assert {one.id: essence(one) for one in kept} == {n: essence(one) for n, one in again.lives.items()}
    assert [(names[s.life], s.opened, s.closed) for s in again.spans] == [
        (s.life, s.opened, s.closed) for s in world.spans
    ]
    assert [bare(one) for one in again.intervals] == [bare(one) for one in rows]


def bare(one: Life | Interval) -> Life | Interval:
    return replace(one, id=0, environment=0)


def test_a_large_assessment_takes_few_statements(store: Database) -> None:
    """However many findings there are: a push of ten thousand is a matter of seconds."""
    number = environment(store)
    many = [seen(CONTROLS[n % 3], f"conf/{n}.conf", detail=b"%d" % n) for n in range(1_000)]
    asked: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    for now, found in ((1_000, many), (2_000, []), (3_000, many)):
        made = settled(store, number, whole(*found), now)
        assert len(made.turns) == 1_000
        assert len(asked) < 40, asked
        asked.clear()


def test_a_clock_that_was_ahead_does_not_keep_knowledge_alive(store: Database) -> None:
    """Half a day ahead for one assessment: a day after the clock is right again, nothing is known."""
    number = environment(store)
    settled(store, number, whole(judged=("hsts-sent",)), 1_000)
    settled(store, number, whole(judged=("hsts-sent",)), DAY // 2)
    with store.begin() as db:
        assert ticks.objectives(db, 2_000, 10) == []
        assert knowledge.lapse(db, number, 2_000 + DAY) is None
        assert [e.what for e in ticks.objectives(db, 2_001 + DAY, 10)] == [Happening.OVERDUE]
        made = knowledge.lapse(db, number, 2_001 + DAY)
        assert made is not None and {(i.status, i.start) for i in made.begun} == {
            (Status.UNKNOWN, 2_000 + DAY)
        }

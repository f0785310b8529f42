"""What is known of an environment, and the one transaction in which an assessment changes it and its run ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, select

from batten.watch.ledger import changing
from batten.watch.ledger.knowledge import Changes, Kind, Known
from batten.watch.ledger.matching import Key, distinct
from batten.watch.model import Assessed, Event, Run, Side
from batten.watch.store import details, events, intervals, lives, proofs, runs, waivers
from batten.watch.store.tables import environment


def settle(db: Connection, run: Run, assessed: Assessed, now: int) -> Changes | None:
    """Write what an assessment changes, and end its run well. None where the run is not its worker's any more (`runs.holds`):
    nothing is written then. Assessments of one environment follow each other, on every database."""
    if _alone(db, run.environment) is None or not runs.holds(db, run):
        return None
    lapse(db, run.environment, now)
    known = known_of(db, run.environment, distinct(assessed.found))
    made = changing.changes(known, assessed, run.id, now)
    _write(db, run.environment, made)
    runs.finish(
        db,
        run,
        now,
        runs.Result(
            opened=len(made.of(Kind.BORN, Kind.REOPENED)),
            fixed=len(made.of(Kind.CLOSED)),
            standing=made.standing,
            problems=assessed.problems,
            commit=assessed.commit,
            deployment=assessed.deployment,
            version=assessed.version,
        ),
    )
    return made


def lapse(db: Connection, number: int, now: int) -> Changes | None:
    """Note what is not known of an environment any more, because it was not assessed within its objective; None for nothing.
    A proof of a clock that was ahead is not later than when the environment was assessed (`ticks.objectives`)."""
    row = _alone(db, number)
    if row is None:
        return None
    latest = {
        side: proof if row.assessed is None else replace(proof, at=min(proof.at, row.assessed))
        for side, proof in proofs.of(db, number).items()
    }
    if all(now <= proof.at + row.objective for proof in latest.values()):
        return None
    known = Known(
        environment=number,
        proofs=latest,
        intervals=tuple(intervals.current(db, number)),
        written=lives.changed(db, number),
    )
    made = changing.lapse(known, row.objective, now)
    _write(db, number, made)
    return made if made.begun else None


def known_of(db: Connection, number: int, found: Mapping[Key, object]) -> Known:
    """What is known of an environment, with those of its former lives that these findings could reopen."""
    standing = lives.standing(db, number)
    back = found.keys() - {(life.side, life.fingerprint) for life in standing}
    return Known(
        environment=number,
        lives=(*standing, *lives.fixed(db, number, back)),
        intervals=tuple(intervals.current(db, number)),
        proofs=proofs.of(db, number),
        waivers=tuple(waivers.in_force(db, number)),
        written=lives.changed(db, number),
    )


def _alone(db: Connection, number: int) -> Row[Any] | None:
    """The environment's objective, and when it was assessed; until the transaction ends nobody else changes what is known of
    it. None: it is gone."""
    columns: Any = select(environment.c.objective, environment.c.assessed).where(environment.c.id == number)
    return db.execute(columns.with_for_update(key_share=True)).first()


def _write(db: Connection, number: int, made: Changes) -> None:
    details.keep(db, made.details)
    lives.change(db, [turn.after for turn in made.turns if turn.before is not None])
    ids = lives.add(db, made.of(Kind.BORN))
    lives.close_spans(db, made.of(Kind.CLOSED))
    opened = [
        (life.id or ids[life.side, life.fingerprint], life) for life in made.of(Kind.BORN, Kind.REOPENED)
    ]
    lives.open_spans(db, opened, made.run)
    intervals.end(db, made.ended)
    intervals.begin(db, made.begun)
    proofs.write(db, number, made.proofs)
    waivers.follow(db, made.waivers)
    events.tell(db, _named(made, ids))


def _named(made: Changes, ids: Mapping[Key, int]) -> Iterator[Event]:
    """The events, with the ids of lives that were born."""
    for event in made.events:
        if not event.life and "fingerprint" in event.data:
            key = Side(event.data["side"]), event.data["fingerprint"]
            event = replace(event, life=ids[key])
        yield event

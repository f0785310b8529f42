"""What is known of an environment, and the one transaction in which an assessment changes it and its run ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sqlalchemy import Connection, select

from batten.watch.ledger import changing
from batten.watch.ledger.knowledge import Changes, Kind, Known
from batten.watch.ledger.matching import Key, distinct
from batten.watch.model import Assessed, Event, Run, Side
from batten.watch.store import details, events, intervals, lives, proofs, runs, waivers
from batten.watch.store.tables import environment


def settle(db: Connection, run: Run, assessed: Assessed, now: int) -> Changes | None:
    """Write what an assessment changes, and end its run well. None where the run is not its worker's any more (`runs.holds`):
    nothing is written then. Assessments of one environment follow each other, on every database."""
    objective = _alone(db, run.environment)
    if objective is None or not runs.holds(db, run):
        return None
    lapse(db, run.environment, now)
    known = known_of(db, run.environment, distinct(assessed.found))
    made = changing.changes(known, assessed, run.id, now)
    _write(db, run.environment, made)
    runs.finish(db, run, now, _result(made, assessed))
    return made


def lapse(db: Connection, number: int, now: int) -> Changes | None:
    """Note what is not known of an environment any more, because it was not assessed within its objective; None for nothing."""
    objective = _alone(db, number)
    known = Known(environment=number, proofs=proofs.of(db, number))
    if objective is None or all(now <= proof.at + objective for proof in known.proofs.values()):
        return None
    made = changing.lapse(replace(known, intervals=tuple(intervals.current(db, number))), objective, now)
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
    )


def _alone(db: Connection, number: int) -> int | None:
    """The environment's objective; until the transaction ends nobody else changes what is known of it. None: it is gone."""
    row = select(environment.c.objective).where(environment.c.id == number).with_for_update(key_share=True)
    return db.execute(row).scalar()


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


def _result(made: Changes, assessed: Assessed) -> runs.Result:
    return runs.Result(
        opened=len(made.of(Kind.BORN, Kind.REOPENED)), fixed=len(made.of(Kind.CLOSED)), standing=made.standing,
        problems=assessed.problems, commit=assessed.commit, deployment=assessed.deployment, version=assessed.version,
    )  # fmt: skip

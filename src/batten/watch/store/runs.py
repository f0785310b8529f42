"""Runs: asked for, claimed by one worker, kept alive by its heartbeats, ended once.

An environment has one pending run: the unique index says so, whoever asks. A run in progress is held by its worker and the number
of the attempt; what another worker, or the same one in a former attempt, says of it is refused (`beat`, `finish` and the others
return False), so that a worker that was given up does no harm when it comes back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Update, case, select, update

from batten.masking import sentence
from batten.model.record import record
from batten.watch.model import Caller, Event, Happening, Role, Run, RunState, Why
from batten.watch.store.dialects import insert
from batten.watch.store.events import tell
from batten.watch.store.rows import as_json, by_name, texts
from batten.watch.store.tables import environment, run
from batten.watch.store.visible import within

LOSSES = 3  # of its workers, and a run has failed
_PENDING = run.c.state.in_((RunState.QUEUED.value, RunState.RUNNING.value))
_RUNNING = run.c.state == RunState.RUNNING.value
_LONGEST = 200  # characters of a progress line
_FREE: dict[str, object] = {"worker": "", "lease": None, "progress": "", "delivered": False}


@record(kw_only=True)
class Result:
    """What a run that ended well brought."""

    opened: int = 0
    fixed: int = 0
    standing: int = 0
    problems: Sequence[str] = ()
    commit: str = ""
    deployment: str = ""
    version: str = ""


def queue(db: Connection, number: int, why: Why, by: str, now: int, deployment: str = "") -> tuple[Run, bool]:
    """The environment's pending run, and whether this call queued it. A deployment that is told of while a run is in
    progress is looked at by a run of its own, which is queued when that one ends. Raises IntegrityError for an
    environment that is not there."""
    while True:
        made = _insert(db, number, why, by, now, deployment, state=RunState.QUEUED.value)
        if made is not None:
            return made, True
        found = pending(db, number)
        if found is not None:
            if found.state is RunState.RUNNING and why is Why.WEBHOOK:
                _keep(db, found, why, by, deployment)
            return found, False  # else: it ended in between


def begin(
    db: Connection, number: int, why: Why, by: str, now: int, term: int, worker: str, deployment: str = ""
) -> Run | None:
    """A run in progress, for results that are there already; None where another run of the environment is pending."""
    claimed = {"started": now, "worker": worker, "lease": now + term, "attempt": 1}
    made = _insert(db, number, why, by, now, deployment, state=RunState.RUNNING.value, **claimed)
    if made is not None:
        tell(db, [_event(made, Happening.RUN_STARTED, now)])
    return made


def claim(db: Connection, worker: str, now: int, term: int, number: int = 0) -> Run | None:
    """The run that has waited longest, those that people and webhooks asked for before those of schedules, now held by this
    worker for `term` milliseconds; None where nothing waits. With `number`, that run and no other."""
    waiting = [run.c.state == RunState.QUEUED.value, *([run.c.id == number] if number else [])]
    oldest = select(run.c.id).where(*waiting).order_by(run.c.rank, run.c.queued, run.c.id).limit(1)
    found = db.execute(oldest.with_for_update(skip_locked=True)).scalar()
    if found is None:
        return None
    taken = update(run).where(run.c.id == found, run.c.state == RunState.QUEUED.value)
    columns = {"started": now, "worker": worker, "lease": now + term, "attempt": run.c.attempt + 1}
    ours = _changed(db, taken.values(state=RunState.RUNNING.value, **columns))
    tell(db, [_event(one, Happening.RUN_STARTED, now) for one in ours])
    return ours[0] if ours else None


def beat(db: Connection, held: Run, now: int, term: int, progress: str) -> bool:
    """Hold a run for another `term` milliseconds, and say how far it is; False where it is to stop (cancelled, or lost)."""
    columns = {
        "lease": now + term,
        "beats": run.c.beats + 1,
        "progress": sentence(progress)[:_LONGEST],
    }
    mine = update(run).where(*_held(held), ~run.c.cancel)
    return bool(_changed(db, mine.values(**columns)))


def holds(db: Connection, held: Run) -> bool:
    """Whether the run is still this worker's, cancelled or not; on PostgreSQL it stays so until the transaction ends."""
    return db.execute(select(run.c.id).where(*_held(held)).with_for_update()).scalar() is not None


def finish(db: Connection, held: Run, now: int, result: Result) -> bool:
    """End a run well; its environment is assessed. False where the run is not this worker's any more: nothing is written."""
    columns: dict[str, object] = {
        "opened": result.opened, "fixed": result.fixed, "standing": result.standing, "problems": as_json(result.problems),
        "commit": result.commit, "deployment": result.deployment or held.deployment, "version": result.version, "error": "",
    }  # fmt: skip
    ended = _ended(db, _held(held), RunState.DONE, now, columns)
    for one in ended:
        latest = case((environment.c.assessed > now, environment.c.assessed), else_=now)
        db.execute(update(environment).where(environment.c.id == one.environment).values(assessed=latest))
    return bool(ended)


def fail(db: Connection, held: Run, now: int, error: str, problems: Sequence[str] = ()) -> bool:
    """End a run that could not assess; the error is a sentence. False where the run is not this worker's any more."""
    columns: dict[str, object] = {"error": sentence(error), "problems": as_json(problems)}
    return bool(_ended(db, _held(held), RunState.FAILED, now, columns))


def stopped(db: Connection, held: Run, now: int) -> bool:
    """End a run whose worker has stopped because it was cancelled. False where it is not this worker's any more."""
    return bool(_ended(db, _held(held), RunState.CANCELLED, now))


def release(db: Connection, held: Run, now: int) -> bool:
    """Put a run back into the queue, where its worker ends before it does. That is no loss (`LOSSES`)."""
    back = _changed(db, _requeued(*_held(held)))
    tell(db, [_event(one, Happening.RUN_QUEUED, now) for one in back])
    return bool(back)


def cancel(db: Connection, caller: Caller, number: int, now: int) -> Run | None:
    """Cancel a pending run of an environment that the caller operates: a queued one ends at once, one in progress when its
    worker hears of it. The run as it is then; None where there is none, or it is another's."""
    if find(db, caller, number, Role.OPERATOR) is None:
        return None
    waiting = (run.c.id == number, run.c.state == RunState.QUEUED.value)
    if not _ended(db, waiting, RunState.CANCELLED, now, by=caller.name):
        db.execute(update(run).where(run.c.id == number, _RUNNING).values(cancel=True))
    return find(db, caller, number)


def running(db: Connection) -> list[Run]:
    """All runs in progress, whoever has them."""
    return [run_of(row) for row in db.execute(select(run).where(_RUNNING).order_by(run.c.id))]


def lost(db: Connection, seen: Run, now: int) -> bool:
    """Give up a run whose worker is gone, or has not been heard of since it was `seen`: queued again, cancelled where that was
    asked for, or failed after the last of `LOSSES`. False where it was heard of. Who calls this knows by something better than a
    clock that could be wrong (`schedule/local.py`)."""
    since = (*_held(seen), run.c.beats == seen.beats)
    row = db.execute(select(run).where(*since).with_for_update()).first()
    if row is not None:
        # What becomes of a run whose worker was lost.
        one = run_of(row)
        losses = row.losses + 1
        if one.cancel:
            _ended(db, _held(one), RunState.CANCELLED, now)
        elif losses >= LOSSES:
            error = f"{losses} workers stopped answering during this run"
            _ended(db, _held(one), RunState.FAILED, now, {"error": error})
        else:
            back = _changed(db, _requeued(*_held(one)).values(losses=losses))
            tell(db, [_event(b, Happening.RUN_QUEUED, now, lost=one.worker) for b in back])
    return row is not None


def find(db: Connection, caller: Caller, number: int, role: Role = Role.VIEWER) -> Run | None:
    """One run of an environment over which the caller has the role; None where there is none, or it is another's."""
    row = db.execute(select(run).where(run.c.id == number, within(run.c.environment, caller, role))).first()
    return run_of(row) if row is not None else None


def every(
    db: Connection, caller: Caller, number: int = 0, states: Iterable[RunState] = (), before: int = 0,
    most: int = 50,
) -> list[Run]:  # fmt: skip
    """Runs that the caller may see, the newest first: of one environment, in these states, older than a run."""
    wanted = [within(run.c.environment, caller)]
    wanted += [run.c.environment == number] if number else []
    wanted += [run.c.state.in_([s.value for s in states])] if states else []
    wanted += [run.c.id < before] if before else []
    return [
        run_of(row) for row in db.execute(select(run).where(*wanted).order_by(run.c.id.desc()).limit(most))
    ]


def pending(db: Connection, number: int) -> Run | None:
    """The run of an environment that waits or is in progress."""
    row = db.execute(select(run).where(run.c.environment == number, _PENDING)).first()
    return run_of(row) if row is not None else None


def run_of(row: Row[Any]) -> Run:
    """The run of a row of its table."""
    return Run(
        id=row.id, environment=row.environment, why=Why(row.why), by=row.by, state=RunState(row.state), queued=row.queued,
        started=row.started, ended=row.ended, worker=row.worker, lease=row.lease, attempt=row.attempt,
        beats=row.beats, cancel=row.cancel,
        progress=row.progress, commit=row.commit, deployment=row.deployment, version=row.version, error=row.error,
        problems=texts(row.problems), opened=row.opened, fixed=row.fixed, standing=row.standing,
    )  # fmt: skip


def _insert(
    db: Connection, number: int, why: Why, by: str, now: int, deployment: str, **columns: object
) -> Run | None:
    rank = 1 if why is Why.SCHEDULE else 0
    asked = {"environment": number, "why": why.value, "by": by, "queued": now, "deployment": deployment}
    made = insert(db, run).values(rank=rank, **asked, **columns).on_conflict_do_nothing().returning(run)
    row = db.execute(made).first()
    if row is None:
        return None
    one = run_of(row)
    tell(db, [_event(one, Happening.RUN_QUEUED, now)])
    return one


def _keep(db: Connection, found: Run, why: Why, by: str, deployment: str) -> None:
    """Note what is to be queued when a run in progress ends."""
    wish = as_json({"why": why.value, "by": by, "deployment": deployment})
    db.execute(update(run).where(run.c.id == found.id, _PENDING).values(again=wish))


def _held(held: Run) -> tuple[ColumnElement[bool], ...]:
    return (
        run.c.id == held.id,
        _RUNNING,
        run.c.worker == held.worker,
        run.c.attempt == held.attempt,
    )


def _changed(db: Connection, statement: Update) -> list[Run]:
    return [run_of(row) for row in db.execute(statement.returning(run))]


def _requeued(*condition: ColumnElement[bool]) -> Update:
    return update(run).where(*condition).values(state=RunState.QUEUED.value, started=None, **_FREE)


def _ended(
    db: Connection, condition: Iterable[ColumnElement[bool]], state: RunState, now: int,
    columns: Mapping[str, object] | None = None, by: str = "",
) -> list[Run]:  # fmt: skip
    """End the runs of a condition, tell of it, and queue what was asked for meanwhile."""
    values = {"state": state.value, "ended": now, "lease": None, "progress": "", **(columns or {})}
    rows = list(db.execute(update(run).where(*condition).values(**values).returning(run)))
    ended = [run_of(row) for row in rows]
    what = {RunState.DONE: Happening.RUN_DONE, RunState.FAILED: Happening.RUN_FAILED}
    tell(db, [_event(one, what.get(state, Happening.RUN_CANCELLED), now, by) for one in ended])
    for row in rows:
        if wish := by_name(row.again):
            queue(db, row.environment, Why(wish["why"]), wish["by"], now, wish["deployment"])
    return ended


def _event(one: Run, what: Happening, now: int, by: str = "", **data: str) -> Event:
    """What happened to a run; `data` says what people need to read of it."""
    known = {
        "why": one.why.value,
        "worker": one.worker,
        "deployment": one.deployment,
        "commit": one.commit,
        **data,
    }
    if what is Happening.RUN_DONE:
        known |= {"opened": str(one.opened), "fixed": str(one.fixed), "standing": str(one.standing)}
    if what is Happening.RUN_FAILED:
        known["error"] = one.error
    shown = {name: text for name, text in known.items() if text}
    return Event(at=now, what=what, environment=one.environment, run=one.id, by=by or one.by, data=shown)

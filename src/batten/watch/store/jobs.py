"""The queue of a fleet: procrastinate's tables beside ours, which its workers wait at (https://procrastinate.readthedocs.io).

A job is only word that a run waits. What becomes of the run is in the table of runs alone, so a job may be lost or come twice.
"""

from __future__ import annotations

from pathlib import Path

import psycopg
from procrastinate import App, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, select, text, update
from sqlalchemy.exc import DBAPIError

from batten.files.named import listed, read_named
from batten.model.record import record
from batten.watch.model import RunState
from batten.watch.store import settings
from batten.watch.store.database import Database, StoreProblem, unavailable
from batten.watch.store.locks import Lock, alone
from batten.watch.store.tables import run

ASSESS, ASSESSMENTS = "assess", "assessments"  # the task, and its queue
_STEP = "fleet.schema"  # the last of procrastinate's migrations that was applied
_FIRST = 10  # the priority of what people and webhooks asked for
_QUEUED = run.c.state == RunState.QUEUED.value
_LOST = text(
    "UPDATE run SET delivered = false WHERE state = 'queued' AND delivered AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs AS job"
    " WHERE job.queueing_lock = 'environment ' || run.environment AND job.status = 'todo')"
)


@record
class Waiting:
    """A run that no job was made for."""

    run: int
    environment: int
    first: bool  # somebody asked for it


def prepare_jobs(database: Database) -> None:
    """Make procrastinate's tables, or bring them to the version that is installed; once, whoever starts together. Raises
    StoreProblem."""
    try:
        steps = [path.name for path in listed(Path(SchemaManager.get_migrations_path()), "*.sql")]
        with database.begin() as db:
            alone(db, Lock.JOBS)
            step = (
                settings.read(db, _STEP) if are_there(db) else ""
            )  # a restored database knows the step of another
            if not step:
                _run(db, SchemaManager.get_schema())
            for name in steps:
                if step and name > step:
                    _run(db, read_named(Path(SchemaManager.get_migrations_path(), name)).decode())
            settings.write(db, _STEP, steps[-1])
    except DBAPIError as error:
        raise StoreProblem(unavailable(error)) from error


def are_there(db: Connection) -> bool:
    """Whether a worker of a fleet has ever made its tables here."""
    return db.execute(text("SELECT to_regclass('procrastinate_jobs')")).scalar() is not None


def app() -> App:
    """What makes jobs on a connection of ours."""
    return App(connector=SyncPsycopgConnector())


def undelivered(db: Connection, most: int) -> list[Waiting]:
    """The runs that no job was made for; theirs until the transaction ends."""
    waiting = select(run.c.id, run.c.environment, run.c.rank).where(_QUEUED, ~run.c.delivered)
    rows = db.execute(
        waiting.order_by(run.c.rank, run.c.queued).limit(most).with_for_update(skip_locked=True)
    )
    return [Waiting(row.id, row.environment, row.rank == 0) for row in rows]


def deliver(db: Connection, app: App, found: list[Waiting]) -> None:
    """Make a job for each, in the transaction that notes it; an environment that has one already gets no second."""
    raw = db.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    deferrers = [
        app.configure_task(
            ASSESS, queue=ASSESSMENTS, queueing_lock=f"environment {one.environment}", priority=_FIRST if one.first else 0,
            connection=raw,
        )
        for one in found
    ]  # fmt: skip
    new = [
        deferrer.make_new_job(environment=one.environment)
        for deferrer, one in zip(deferrers, found, strict=True)
    ]
    try:
        with db.begin_nested():
            app.job_manager.batch_defer_jobs(new, connection=raw)
    except AlreadyEnqueued:
        for one in new:
            try:
                with db.begin_nested():
                    app.job_manager.batch_defer_jobs([one], connection=raw)
            except AlreadyEnqueued:
                continue
    db.execute(update(run).where(run.c.id.in_([one.run for one in found])).values(delivered=True))


def lost(db: Connection) -> None:
    """Note which runs wait without a job, whatever became of the one that they had."""
    db.execute(_LOST)


def _run(db: Connection, script: str) -> None:
    db.connection.driver_connection.execute(script)  # type: ignore[union-attr]

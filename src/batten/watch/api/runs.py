"""Runs over the API: assess now, how far it is, cancel."""

from __future__ import annotations

from sqlalchemy import Connection

from batten.watch.api import may, paging
from batten.watch.api.asked import Asked, Reply
from batten.watch.api.problems import missing
from batten.watch.api.wire import shown
from batten.watch.assess import pushes
from batten.watch.model import Role, RunState
from batten.watch.schedule import acts
from batten.watch.store import runs

BASE = "/api/v1/runs"


def queue_run(db: Connection, asked: Asked) -> Reply:
    """Assess an environment as soon as a worker is free; what is pending already is the answer."""
    one = may.environment(db, asked, asked.number("environment"), Role.OPERATOR)
    run, queued = acts.run(db, asked.caller, one, asked.now)
    return Reply(
        status=202 if queued else 200, body=shown("Run", run), headers={"Location": f"{BASE}/{run.id}"}
    )


def push_report(db: Connection, asked: Asked) -> Reply:
    """Settle a report of CI as a run of its own."""
    one = may.environment(db, asked, asked.number("environment"), Role.OPERATOR)
    commit, deployment = asked.text("commit"), asked.text("deployment")
    run = pushes.ingest(db, asked.caller, one, asked.body, asked.now, commit, deployment)
    return Reply(status=201, body=shown("Run", run), headers={"Location": f"{BASE}/{run.id}"})


def list_runs(db: Connection, asked: Asked) -> Reply:
    """One page of runs, the newest first."""
    most, before = paging.limit(asked), paging.after(asked)
    states = [RunState(state) for state in asked.query.get("state", ())]
    found = runs.every(db, asked.caller, asked.whole("environment"), states, before, most + 1)
    page, following = paging.page(found, most, lambda run: (run.id,))
    return Reply(body=shown("RunPage", items=page, next=following))


def read_run(db: Connection, asked: Asked) -> Reply:
    """One run and its progress."""
    found = runs.find(db, asked.caller, asked.number("run"))
    return missing("run") if found is None else Reply(body=shown("Run", found))


def cancel_run(db: Connection, asked: Asked) -> Reply:
    """Cancel one that is pending; one that has ended stays as it is."""
    found = runs.find(db, asked.caller, asked.number("run"))
    if found is None:
        missing("run")
    may.environment(db, asked, found.environment, Role.OPERATOR)
    return Reply(body=shown("Run", acts.cancel(db, asked.caller, found, asked.now)))

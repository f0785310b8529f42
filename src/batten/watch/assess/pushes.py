"""Reports that CI sends: read, and settled as a run of their own."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from batten.watch.assess.report import ReportProblem
from batten.watch.assess.reports import Wanted, assessed_of
from batten.watch.assess.sources import Pushed, SettingProblem, source_of
from batten.watch.model import SECOND, SERVICE, Assessed, Caller, Environment, Run, Source, Why
from batten.watch.store import audit, runs
from batten.watch.store.knowledge import settle

_TERM = 300 * SECOND  # for a run that is over in its own transaction
_WORKER = "push"


class Busy(Exception):
    """An assessment of the environment is in progress; the report can be sent again when it is over."""


def read(environment: Environment, data: bytes) -> Assessed:
    """What a pushed report says of an environment: of one that CI assesses, all; of one that the service probes by itself, what
    the report says of files. Raises ReportProblem."""
    match environment.source:
        case Source.PUSHED:
            try:
                source = source_of(environment.source, environment.settings)
            except SettingProblem as error:
                raise ReportProblem(f"the environment's settings cannot be used: {error}") from None
            named = source.environment if isinstance(source, Pushed) else ""
            found = assessed_of(data, Wanted(environment=named, stage=environment.stage))
        case Source.LIVE | Source.TRAFFIC:
            found = assessed_of(data, Wanted(observed=False))
        case Source.REPOSITORY:
            raise ReportProblem(
                "the service reads this environment's repository by itself; it takes no reports"
            )
    if not found.sides:
        raise ReportProblem(
            "the report says nothing of this environment; run `batten check` where its files are"
        )
    return found


def ingest(
    db: Connection, caller: Caller, environment: Environment, data: bytes, now: int, commit: str = "", deployment: str = ""
) -> Run:  # fmt: skip
    """Settle a pushed report in one transaction; the run as it ended. `commit` and `deployment` are what CI calls what it
    reviewed. Raises ReportProblem and Busy."""
    assessed = replace(read(environment, data), commit=commit[:100], deployment=deployment[:200])
    run = runs.begin(db, environment.id, Why.PUSH, caller.name, now, _TERM, _WORKER, assessed.deployment)
    if run is None or settle(db, run, assessed, now) is None:
        raise Busy(
            f"an assessment of {environment.name} is in progress; send the report again when it is over"
        )
    told = {"run": str(run.id), "commit": assessed.commit}
    audit.append(db, now, caller, "report-pushed", environment.name, environment.id, told)
    ended = runs.find(db, SERVICE, run.id)
    assert ended is not None
    return ended

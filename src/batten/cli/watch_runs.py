"""Runs as commands read and show them."""

from __future__ import annotations

import time

import msgspec

from batten.cli.output import progress, say
from batten.cli.watch_client import Service
from batten.engine.outcome import ExitCode

_BETWEEN = 2.0  # seconds between two looks at a run


class Run(msgspec.Struct):
    id: int
    environment: int
    state: str
    progress: str
    error: str
    problems: list[str]
    opened: int
    fixed: int
    standing: int

    @property
    def ended(self) -> bool:
        return self.state in ("done", "failed", "cancelled")


def awaited(service: Service, run: Run) -> Run:
    """The run at its end; how far it is, is shown meanwhile."""
    while not run.ended:
        progress(f"run {run.id}: {run.progress or run.state}")
        time.sleep(_BETWEEN)
        run = service.get(Run, f"/runs/{run.id}")
    progress("")
    return run


def told(run: Run, name: str) -> int:
    """Say how a run ended; the exit code that it gives."""
    if run.state == "done":
        say(f"run {run.id} of {name}: {run.opened} new, {run.fixed} fixed, {run.standing} open")
    else:
        say(f"run {run.id} of {name} {run.state}" + (f": {run.error}" if run.error else ""))
    for problem in run.problems:
        say(f"  not assessed: {problem}")
    return ExitCode.CLEAN if run.state == "done" else ExitCode.INCOMPLETE

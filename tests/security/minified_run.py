"""One repository of one-line files through every report, in a process of its own: seconds, bytes and megabytes as JSON.

Run as a program: the folder of the repository, and a database of advisories where packages are compared. Nothing of the process that asks is measured.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeVar

from batten.engine.account import accounted
from batten.engine.outcome import Outcome
from batten.engine.plan.making import plan_of
from batten.engine.proposals import work_out
from batten.engine.review import review
from batten.engine.shown import shown
from batten.model import Severity
from batten.policy import Policy
from batten.policy.advising import Source
from batten.reports import EVERY_FIX, FORMATS, render
from batten.reports import plan as plans

T = TypeVar("T")


def measured(root: Path, advisories: Path | None = None) -> dict[str, object]:
    """What reading takes, what each report takes beside it, and what it is long."""
    costs: dict[str, float] = {}
    sizes: dict[str, int] = {}

    def timed(name: str, work: Callable[[], T]) -> T:
        before = time.process_time()
        made = work()
        costs[name] = time.process_time() - before
        return made

    policy = (
        Policy()
        if advisories is None
        else Policy(today=date(2026, 11, 2)).compared_with(Source(folder=advisories))
    )
    result = timed("read", lambda: review(root, policy))
    outcome = Outcome(
        "review", str(root), Severity.LOW, result.findings, result.problems, ledger=accounted(result)
    )
    terminal = render("terminal", outcome, result.workspace)  # what is imported and masked once
    del terminal
    work = timed("fixes", lambda: work_out(outcome.findings))
    del work
    for form in FORMATS:
        text = timed(form, lambda form=form: render(form, outcome, result.workspace))  # type: ignore[misc]
        costs[form] += costs["fixes"] if form in EVERY_FIX else 0
        sizes[form] = len(text.encode("utf-8", "replace"))
        del text
    plan = timed("plan", lambda: plan_of(shown(outcome)))
    for form in plans.FORMATS:
        text = timed(f"plan {form}", lambda form=form: plans.render(form, plan))  # type: ignore[misc]
        sizes[f"plan {form}"] = len(text.encode("utf-8", "replace"))
        del text
    # Of this program alone: the figure of getrusage begins with what the process that started it held.
    held = next(
        line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")
    )
    peak = int(held.split()[1]) / 1024
    return {"findings": len(result.findings), "seconds": costs, "bytes": sizes, "megabytes": peak}


if __name__ == "__main__":
    print(json.dumps(measured(*map(Path, sys.argv[1:]))))

"""What guards saw beside this folder, as an environment of its own: the findings that probes would have had."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from batten.contract import Contract, load
from batten.engine.identity import TRAFFIC
from batten.engine.judge import slugs_about
from batten.engine.outcome import EnvironmentOutcome
from batten.engine.review import Review
from batten.facts import Fact
from batten.formats import SyntaxProblem, Unreadable
from batten.guard.learning.digest import facts, sorted_out
from batten.guard.learning.traffic_file import TrafficProblem, read
from batten.model import Context, Problem
from batten.model.record import record


@record
class Seen:
    facts: tuple[Fact, ...] = ()
    outcome: tuple[EnvironmentOutcome, ...] = ()


def of_traffic(result: Review, path: Path | None) -> Seen:
    """Nothing where no file is named that a guard kept what it saw in, or no contract is known to hold it against."""
    contract = _contract(result) if path is not None else None
    if path is None or contract is None:
        return Seen()
    try:
        rows, _ = read(path)
    except TrafficProblem as problem:
        result.problems.append(
            Problem(path.as_posix(), "read", str(problem), hint="move it away to start a new file")
        )
        return Seen()
    found = tuple(facts(sorted_out(rows, contract), datetime.now(UTC).date()))
    times = sum(row.times for row in rows)
    outcome = EnvironmentOutcome(TRAFFIC, path.as_posix(), True, times, judged=slugs_about(found))
    return Seen(found, (outcome,))


def contract_path(result: Review) -> str:
    """The policy's contract, or the only one there is; "" where there are several. Those of tests, examples and the like
    stand back."""
    every = [u.main for u in result.units if u.technology == "openapi"]
    deployed = [m for m in every if result.contexts.of_path(m, "openapi") is Context.PRODUCTION]
    found = deployed or every
    return result.policy.contract or (found[0] if len(found) == 1 else "")


def _contract(result: Review) -> Contract | None:
    path = contract_path(result)
    try:
        return load(result.workspace, path)[0] if path else None
    except (SyntaxProblem, Unreadable):
        return None  # config-parses tells of it

"""Processor time of one case at a size, by what batten does with it."""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from growth_shapes import Make

from batten.engine.outcome import Outcome
from batten.engine.review import judge_all, read
from batten.formats import Workspace
from batten.model import Severity
from batten.policy import Policy
from batten.policy.load import PolicyProblem, parse_policy
from batten.reports import render
from batten.reports.diff import fix_diff

STAGES = ("read", "judge", "report", "fix")
ALLOWED = 2.4  # times the cost for twice as much
SEEN = 0.06  # seconds of processor time below which no ratio is judged: clocks may tick in hundredths
MOST = 1_000_000  # characters of a case
LONG = 8.0  # seconds at which a case is long enough, however it grew


@dataclass(frozen=True)
class Growth:
    """The costs of one stage at sizes that double each time."""

    case: str
    stage: str
    costs: tuple[float, ...]

    @property
    def worst(self) -> float:
        return max((b / max(a, SEEN / 3) for a, b in pairwise(self.costs) if b > SEEN), default=0.0)


def once(make: Make, size: int) -> dict[str, float]:
    """Each stage's processor time."""
    files = make(size)
    try:
        policy = parse_policy("batten.yaml", files["batten.yaml"]) if "batten.yaml" in files else Policy()
    except PolicyProblem:
        policy = Policy()
    costs: dict[str, float] = {}
    gc.collect()
    gc.disable()
    try:
        workspace = Workspace(Path(tempfile.gettempdir()) / "batten-nothing", files)
        result = timed(costs, "read", lambda: read(workspace, policy))
        timed(costs, "judge", lambda: judge_all(result))
        outcome = Outcome("review", "/", Severity.LOW, result.findings, result.problems)
        timed(costs, "report", lambda: [render(f, outcome, workspace) for f in ("terminal", "sarif", "json")])
        timed(
            costs, "fix", lambda: [fix_diff(f.fix, workspace) for f in result.findings if f.fix is not None]
        )
    finally:
        gc.enable()
    return costs


def timed(costs: dict[str, float], stage: str, work: Callable[[], object]):  # type: ignore[no-untyped-def]
    before = time.process_time()
    done = work()
    costs[stage] = time.process_time() - before
    return done


def length(files: dict[str, str]) -> int:
    return sum(map(len, files.values())) + 50 * len(files)


def grown(name: str, make: Make, least: int = 10, enough: float = 0.4) -> list[Growth]:
    """The growth of each stage, from the size on at which 8 times of it takes long enough to be judged. What grows too
    much is measured again, lowest counts, and then at twice the size: there noise and first steps weigh half, and squares twice."""
    base = least
    at = once(make, base * 8)
    while sum(at.values()) < enough and length(make(base * 16)) < MOST:
        base *= 2
        at = once(make, base * 8)
    found = _lowest(name, make, base, at)
    for _ in range(2):
        if all(g.worst <= ALLOWED for g in found) or sum(g.costs[-1] for g in found) > LONG / 8:
            break
        base *= 2
        if length(make(base * 8)) > MOST * 2:
            break
        found = _lowest(name, make, base, once(make, base * 8))
    return found


def _lowest(name: str, make: Make, base: int, at: dict[str, float]) -> list[Growth]:
    sizes = [base, base * 2, base * 4, base * 8]
    costs = [once(make, size) for size in sizes[:3]] + [at]
    found = [Growth(name, stage, tuple(c[stage] for c in costs)) for stage in STAGES]
    for _ in range(2):
        if all(g.worst <= ALLOWED for g in found) or sum(at.values()) > LONG:
            break
        again = [once(make, size) for size in sizes]
        costs = [{s: min(a[s], b[s]) for s in STAGES} for a, b in zip(costs, again, strict=True)]
        found = [Growth(name, stage, tuple(c[stage] for c in costs)) for stage in STAGES]
    return found

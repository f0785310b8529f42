"""One step, taken: the fixes of its findings and of no others, proved as every fix is; and what the files show afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from batten.engine import fix
from batten.engine.plan.steps import Step, Way
from batten.formats import Workspace
from batten.model import Finding, Safety
from batten.model.record import record
from batten.policy import Policy

WRITTEN = {Way.SAFE: Safety.SAFE, Way.RISKY: Safety.RISKY}  # the ways that batten takes by itself


def edits_of(step: Step, workspace: Workspace, policy: Policy, only: Iterable[str] = ()) -> fix.Plan:
    """What the step would write. Raises KeyError for a step that needs a person."""
    accept = frozenset({WRITTEN[step.way]})
    return fix.plan(workspace, policy, fix.Wish(accept, frozenset(step.controls), marks=step.marks), only)


def refusals(made: fix.Plan, step: Step) -> list[str]:
    """Why findings of the step were not fixed."""
    return list(
        dict.fromkeys(
            left.reason
            for left in made.left
            if (left.finding.fingerprint, left.finding.at.source) in step.marks
        )
    )


@record
class Difference:
    """What a review finds no more, and what it finds for the first time."""

    resolved: tuple[Finding, ...]
    came: tuple[Finding, ...]


def difference(before: Iterable[Finding], after: Iterable[Finding]) -> Difference:
    """Between two reviews of the same folder; what environments showed is left out, since they were asked once."""
    old = [f for f in before if not f.environment]
    new = [f for f in after if not f.environment]
    return Difference(tuple(_without(old, new)), tuple(_without(new, old)))


def _without(these: list[Finding], those: list[Finding]) -> list[Finding]:
    left = Counter((f.fingerprint, f.at.source) for f in those)
    found = []
    for finding in these:
        key = finding.fingerprint, finding.at.source
        if left[key]:
            left[key] -= 1
        else:
            found.append(finding)
    return found

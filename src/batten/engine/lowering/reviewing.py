"""The review of a change by the policy of its base."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from batten.engine.baseline import Baseline
from batten.engine.changed import Changed
from batten.engine.changes import State, commented, compared, state_at
from batten.engine.lowering.lowering import Lowering
from batten.engine.lowering.places import comments, demoted, unread
from batten.engine.lowering.weighing import Sides, policy_lowerings, tell, weighed
from batten.engine.review import Review, judge_all, read, review
from batten.engine.waivers import Former
from batten.formats import Workspace
from batten.model import Context
from batten.model.record import record
from batten.policy import Policy


@record(kw_only=True)
class Order:
    """What to review: the files, the policy that decides, and from which revision on findings are new (None: all are told)."""

    workspace: Workspace
    policy: Policy
    only: tuple[str, ...] = ()
    baseline: Baseline | None = None
    since: str | None = None
    sides: Sides | None = None


def reviewed_change(order: Order) -> Changed:
    """The findings of a change, and what it lowers. Raises ChangesProblem."""
    files, policy, only, baseline = order.workspace, order.policy, order.only, order.baseline
    since = state_at(order.since, files, policy, only, baseline) if order.since is not None else None
    sides = order.sides
    if sides is None:
        assert since is not None
        return compared(since, files, policy, only, baseline)
    same = since is not None and sides.revision == order.since and not sides.informs
    base = since if since is not None and same else state_at(sides.revision, files, sides.base, only)
    former = commented(base, decides=not sides.informs)
    if since is not None:
        found = compared(since, files, policy, only, baseline, former)
    else:
        result = read(files, policy, only)
        judge_all(result, baseline, former=former)
        found = Changed(result, base.changes, None, list(result.findings))
    tell(_lowerings(order, sides, base, found, former), sides, found.review)
    return found


def _lowerings(order: Order, sides: Sides, base: State, found: Changed, former: Former) -> Iterator[Lowering]:
    files, only = order.workspace, order.only

    def reviewed(policy: Policy) -> Review:
        return review(files, policy, only, fixes=False)

    def mapped(contexts: dict[str, Context]) -> Review:
        rows = (*contexts.items(), *sides.base.contexts)
        return reviewed(replace(sides.base, contexts=rows))

    def judged(result: Review) -> Review:
        return replace(result, findings=found.every)

    rows = policy_lowerings(sides)
    now, every = found.review, found.every
    if sides.informs and rows:
        every = reviewed(sides.base).findings
    yield from weighed(rows, sides, every, reviewed)
    whole = judged(now)
    yield from demoted(base.then, whole, base.changes, mapped)
    yield from unread(base.then, now, base.changes, only)
    yield from comments(former.refused)

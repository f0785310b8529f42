"""The review of a change by the policy of its base."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from batten.engine.baseline import Baseline
from batten.engine.changed import Changed
from batten.engine.changes import State, commented, compared, state_at
from batten.engine.lowering.lowering import Brought, Kind, Lowering
from batten.engine.lowering.places import comments, demoted, milder, unread
from batten.engine.lowering.weighing import Sides, policy_lowerings, tell, weighed
from batten.engine.review import Review, judge_all, read, review
from batten.engine.waivers import Former
from batten.formats import Workspace
from batten.model import Context, Location
from batten.model.record import record
from batten.policy import Policy


@record(kw_only=True)
class Order:
    """What to review: the files, the policy that decides, and from which revision on findings are new (None: all are told)."""

    workspace: Workspace
    policy: Policy
    only: tuple[str, ...] = ()
    baseline: Baseline | None = None
    brought: Brought | None = None  # the baseline that the change has, where another one holds
    since: str | None = None
    sides: Sides | None = None


def reviewed_change(order: Order) -> Changed:
    """The findings of a change, and what it lowers. Raises ChangesProblem."""
    files, only, sides = order.workspace, order.only, order.sides
    since = state_at(order.since, files, order.policy, only, order.baseline) if order.since else None
    if sides is None:
        assert since is not None
        return compared(since, files, order.policy, only, order.baseline)
    same = since is not None and sides.revision == order.since and not sides.informs
    base = since if since is not None and same else state_at(sides.revision, files, sides.base, only)
    return held_against(order, sides, base, since)


def held_against(order: Order, sides: Sides, base: State, since: State | None) -> Changed:
    """The review of the files by the policy that decides, with what they lower of `base`; with `since`, only what is new."""
    files, policy, only, baseline = order.workspace, order.policy, order.only, order.baseline
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

    rows = policy_lowerings(sides)
    every = found.every
    if sides.informs and rows:
        every = reviewed(sides.base).findings
    yield from weighed(rows, sides, every, reviewed)
    yield from demoted(base.then, found.review, found.every, base.changes, mapped)
    yield from unread(base.then, found.review, base.changes, only)
    yield from milder(base.then, found.every, base.changes)
    yield from comments(former.refused)
    if order.brought is not None:
        # A baseline that hides what the base's does not.
        brought = order.brought
        active = [f for f in found.every if f.suppression is None and f.counts]
        held = brought.baseline.holds(active, lambda path: "://" not in path and not files.exists(path))
        hidden = tuple(f for f, is_known in zip(active, held, strict=True) if is_known)
        if hidden:
            yield Lowering(
                kind=Kind.WAIVED,
                subject=brought.path,
                before="the base's baseline",
                after="the change's baseline",
                weight=max(f.severity for f in hidden),
                at=Location(brought.path, ""),
                hidden=hidden,
            )

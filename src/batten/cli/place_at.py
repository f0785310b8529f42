"""What a review is about where the policy of a revision decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace
from pathlib import Path

from batten.cli.output import baseline_from, stop
from batten.cli.place import WORK_TREE, inside, place, policy_in, started, usable
from batten.engine.baseline import Baseline, BaselineProblem, read_baseline
from batten.engine.changed import Changed
from batten.engine.lowering.based import OPTION, Based, based, fork_policy, path_in
from batten.engine.lowering.lowering import Brought
from batten.engine.lowering.reviewing import Order, reviewed_change
from batten.engine.lowering.weighing import Sides
from batten.engine.revision import ChangesProblem, Commit, forked
from batten.formats import Workspace
from batten.model import Context, Location, Problem
from batten.model.record import record
from batten.policy import NAME, Policy, PolicyProblem, Waiver, find_policy
from batten.policy.advising import Source


def changed_place(
    paths: tuple[Path, ...],
    contexts: tuple[str, ...],
    source: Source | None,
    since: str | None,
    policy_from: str | None,
    baseline: Path | None,
) -> tuple[tuple[Path, tuple[str, ...], Policy], Changed, tuple[Problem, ...]]:
    """What `place` says, the review of a change, and what was wrong with a policy that does not decide. Stops where it is not
    possible."""
    here = placed(paths, contexts, source, since, policy_from)
    known, brought = baselines(baseline, here)
    order = Order(
        workspace=Workspace(here.root),
        policy=here.policy,
        only=here.only,
        baseline=known,
        brought=brought,
        since=since,
        sides=here.sides,
    )
    try:
        return (here.root, here.only, here.policy), reviewed_change(order), here.problems
    except ChangesProblem as error:
        stop(str(error))


@record(kw_only=True)
class Placed:
    """`sides` is None where nothing is held against a base."""

    root: Path
    only: tuple[str, ...]
    policy: Policy
    sides: Sides | None = None
    commit: Commit | None = None  # whose policy decides
    problems: tuple[Problem, ...] = field(default=())


def placed(
    paths: tuple[Path, ...],
    contexts: tuple[str, ...],
    source: Source | None,
    since: str | None,
    policy_from: str | None,
) -> Placed:
    """The root, the paths below it, and the policy that decides: that of `policy_from`, else of `since`, else of the work tree.
    Stops where the policy that decides cannot be used."""
    revision = since if policy_from in (None, WORK_TREE) else policy_from
    if revision is None:
        root, only, policy = place(paths, contexts, source)
        return Placed(root=root, only=only, policy=policy)

    def told(policy: Policy) -> Policy:
        return policy.counting(map(Context, contexts)).compared_with(source)

    if policy_from == WORK_TREE:
        root, only, policy = place(paths, contexts, source)
        # What the work tree's policy lowers is told, though it decides; where the base's cannot be used, nothing is.
        here = Placed(root=root, only=only, policy=policy)
        start = started(paths)[0]
        try:
            base = based(revision, start)
            usable(base.policy, base.root or here.root, f"{NAME} at {revision}")
        except (ChangesProblem, PolicyProblem) as error:
            hint = "what the change lowers is not listed"
            return replace(here, problems=(Problem(NAME, "read", str(error), hint=hint, counts=False),))
        sides, _ = _sides(base, here.root, start, told)
        return replace(here, sides=replace(sides, informs=True))
    start, wanted = started(paths)
    try:
        base = based(revision, start, OPTION if policy_from is not None else "--changed-since")
        root = base.root or _root_of(start)
        usable(base.policy, root, f"{NAME} at {revision}")
    except ChangesProblem as error:
        stop(str(error))
    except PolicyProblem as error:
        stop(f"{error}; or name another revision with {OPTION} ({OPTION} {WORK_TREE}: the files as they are)")
    sides, problems = _sides(base, root, start, told)
    return Placed(
        root=root,
        only=inside(wanted, root),
        policy=sides.base,
        sides=sides,
        commit=base.commit,
        problems=tuple(problems),
    )


def baselines(path: Path | None, here: Placed) -> tuple[Baseline | None, Brought | None]:
    """The baseline that holds, and the one that the change brings: where a revision decides, a file of the repository is read as it
    is there. Stops where the first cannot be used."""
    below = path_in(path, here.commit.top) if path is not None and here.commit is not None else None
    if path is None or here.commit is None or below is None:
        return baseline_from(path, here.root), None
    try:
        data = here.commit.file(below)
    except ChangesProblem as error:
        stop(str(error))
    known = None if data is None else baseline_from(path, here.root, data)
    try:
        return known, Brought(below, read_baseline(path, str(here.root)))
    except BaselineProblem:
        return known, None  # it hides nothing


def _root_of(start: Path) -> Path:
    found = find_policy(start)
    return found.parent if found else start


def _sides(
    base: Based, root: Path, start: Path, told: Callable[[Policy], Policy]
) -> tuple[Sides, list[Problem]]:
    """The two policies of a root. What is wrong with that of the work tree is a problem: it does not decide."""
    path = find_policy(start)
    fork = forked(base.commit) if base.root is not None else None
    before = fork_policy(base, fork)
    revision = base.commit.revision
    made = Sides(
        revision=revision,
        base=told(base.policy),
        now=told(Policy()),
        fork=None if before is None else told(before),
    )
    if path is None:
        return made, []
    if path.parent.resolve() != root.resolve():
        other = (
            path.relative_to(root).as_posix() if path.is_relative_to(root) else f"{path.parent.name}/{NAME}"
        )
        return replace(made, now=None, replaced=other), []
    try:
        now = policy_in(path)
    except PolicyProblem as error:
        hint = f"correct it: the policy of '{revision}' decides here, and this one would decide later"
        return replace(made, now=None), [Problem(NAME, "parse", str(error), hint=hint)]
    return replace(made, now=told(now), base=_placed_as(made.base, now)), []


def _placed_as(base: Policy, now: Policy) -> Policy:
    """The policy of a revision with its waivers at the places that they have in the work tree; without a place where they are
    not there any more."""

    def at(waiver: Waiver) -> Location | None:
        same = (one.at for one in now.waivers if replace(one, at=None) == replace(waiver, at=None))
        return next(same, Location(NAME, f"waivers[{waiver.slug}]"))

    return replace(base, waivers=tuple(replace(waiver, at=at(waiver)) for waiver in base.waivers))

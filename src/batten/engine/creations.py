"""What active assessments create: noted in this user's state while they run, and removed afterwards by `--clean-up`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from batten.engine.outcome import EnvironmentOutcome, Outcome
from batten.files import NoState, State, state_of
from batten.live.assessment import Target
from batten.live.runner import clean_up
from batten.live.writing.journal import Journal, Leftover, leftovers, settle
from batten.model import Problem
from batten.policy import Environment, Policy

LEFT = "something that an earlier run created was not removed"


@contextmanager
def noting(targets: Iterable[Target], root: str, problems: list[Problem]) -> Iterator[list[Target]]:
    """The targets, of which active ones note what they create. Where nothing can be kept, none is active."""
    made = list(targets)
    if not any(target.environment.active for target in made):
        yield made
        return
    try:
        journal = Journal(state_of(root))
    except NoState as error:
        problems.append(Problem(root, "probe", f"verbs that change data were not sent: {error}"))
        yield [replace(t, environment=replace(t.environment, active=False)) for t in made]
        return
    try:
        yield [_noted(target, journal) for target in made]
    finally:
        journal.close()


def _noted(target: Target, journal: Journal) -> Target:
    environment = target.environment
    return (
        replace(target, note=journal.note(environment.name, environment.url))
        if environment.active
        else target
    )


def left_over(root: Path) -> int:
    """How many environments earlier runs may have left something in."""
    try:
        return sum(not one.busy for one in leftovers(state_of(str(root.resolve()))))
    except NoState:
        return 0


def removed(root: Path, policy: Policy, environments: Iterable[Environment], bare: Environment) -> Outcome:
    """Remove what earlier runs left, in the environments that are known by these names, and at addresses that were named
    on a command line, which are asked as `bare` says. Raises NoState."""
    state = state_of(str(root.resolve()))
    known = {e.name: e for e in environments}
    told = [_removed(state, one, known, bare) for one in leftovers(state)]
    return Outcome("probe", str(root), policy.gate, [], [], told, today=policy.today)


def _removed(
    state: State, leftover: Leftover, known: dict[str, Environment], bare: Environment
) -> EnvironmentOutcome:
    name, url = leftover.environment, leftover.url
    if leftover.busy:
        return _untouched(leftover, "a run that may have created something is still going on")
    environment = known.get(name) or (replace(bare, name=name, url=url) if name == url else None)
    if environment is None or environment.url != url:
        return _untouched(
            leftover, f"batten.yaml has no approved environment `{name}` at this address any more"
        )
    found = asyncio.run(clean_up(environment, leftover.writings))
    settle(state, leftover, found.left)
    missed = [*found.not_assessed, *(Problem(url, "probe", LEFT) for _ in found.left[:1])]
    return EnvironmentOutcome(name, url, True, found.exchanges, tuple(missed), created=tuple(found.created))


def _untouched(leftover: Leftover, why: str) -> EnvironmentOutcome:
    problem = Problem(leftover.url, "probe", f"not cleaned up: {why}")
    return EnvironmentOutcome(leftover.environment, leftover.url, False, not_assessed=(problem,))

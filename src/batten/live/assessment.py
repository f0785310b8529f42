"""The way in: environments of the policy, and what their contracts and origins say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from batten.contract import Contract
from batten.live.calls import survey_of
from batten.live.runner import Assessment, Progress, conduct
from batten.live.targets import Advance, Round, Tally, Target, most_at_once, unasked
from batten.policy import Environment

__all__ = ["Advance", "Assessment", "Progress", "Tally", "Target", "assess", "run_all", "unasked"]

T = TypeVar("T")


async def assess(
    target: Environment,
    contract: Contract | None = None,
    origins: tuple[str, ...] = (),
    progress: Progress | None = None,
    patterns: tuple[str, ...] = (),
) -> Assessment:
    """Assess a running environment within its policy: scope, rate, budget, and reading verbs only unless
    it is `active`. `patterns` are regular expressions that configurations hold origins against. Cancelled, it
    returns what is known until then, marked as incomplete."""
    return await conduct(survey_of(target, contract, origins, patterns), progress)


def run_all(
    targets: Sequence[Target],
    reduced: Callable[[int, Assessment], T],
    advance: Advance | None = None,
    at_once: int = 0,
) -> list[T]:
    """Assess many environments at once, `at_once` of them (0: as many as the process may), and make of each
    assessment, as soon as it is there, what is kept of it. What is kept comes in the order of the targets. An
    interrupt (Ctrl-C) leaves the running ones incomplete, and the others unasked."""
    return asyncio.run(Round(targets, reduced, advance).everything(at_once or most_at_once()))

"""The way in: an environment of the policy, and what its contract and origins say."""

from __future__ import annotations

import asyncio
import gc

from batten.contract import Contract
from batten.live.calls import survey_of
from batten.live.runner import Assessment, Progress, conduct
from batten.policy import Environment

__all__ = ["Assessment", "Progress", "assess", "run"]


async def assess(
    target: Environment,
    contract: Contract | None = None,
    origins: tuple[str, ...] = (),
    progress: Progress | None = None,
    patterns: tuple[str, ...] = (),
) -> Assessment:
    """Assess a running environment within its policy: scope, rate, budget, and reading verbs only unless
    it is `active`. `patterns` are regular expressions that configurations hold origins against. Cancelled, it returns what is known until then, marked as incomplete."""
    return await conduct(survey_of(target, contract, origins, patterns), progress)


def run(
    target: Environment,
    contract: Contract | None = None,
    origins: tuple[str, ...] = (),
    progress: Progress | None = None,
    patterns: tuple[str, ...] = (),
) -> Assessment:
    """`assess` for callers without a loop; an interrupt (Ctrl-C) cancels it."""
    made = asyncio.run(assess(target, contract, origins, progress, patterns))
    # A run leaves a megabyte of tasks and errors that refer to each other. With hundreds of targets it adds up, for the
    # command line has full collections put off.
    gc.collect(1)
    return made

"""The way in: an environment of the policy, and what its contract and origins say."""

from __future__ import annotations

import asyncio

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
    return asyncio.run(assess(target, contract, origins, progress, patterns))

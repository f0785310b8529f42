"""One environment assessed, with the contract and origins that a test has."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from batten.contract import Contract
from batten.live.calls import survey_of
from batten.live.runner import Assessment, Progress, conduct
from batten.policy import Environment
from waiting import BOUND


async def assess(
    environment: Environment,
    contract: Contract | None = None,
    origins: tuple[str, ...] = (),
    progress: Progress | None = None,
    patterns: tuple[str, ...] = (),
) -> Assessment:
    """What a busy machine is late with is waited for, unless the test says how long."""
    if environment.timeout == Environment("", "").timeout:
        environment = replace(environment, timeout=BOUND)
    return await conduct(survey_of(environment, contract, origins, patterns), progress)


def run(
    environment: Environment,
    contract: Contract | None = None,
    origins: tuple[str, ...] = (),
    patterns: tuple[str, ...] = (),
) -> Assessment:
    return asyncio.run(assess(environment, contract, origins, patterns=patterns))

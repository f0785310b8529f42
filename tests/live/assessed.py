"""One assessment, for tests without a loop of their own."""

from __future__ import annotations

import asyncio

from batten.contract import Contract
from batten.live.assessment import Assessment, assess
from batten.policy import Environment


def run(
    environment: Environment, contract: Contract | None = None, origins: tuple[str, ...] = ()
) -> Assessment:
    return asyncio.run(assess(environment, contract, origins))

"""The way in: environments of the policy, and what their contracts and origins say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from batten.live.runner import Assessment, Progress
from batten.live.scope import Covers
from batten.live.targets import Advance, Round, Tally, Target, most_at_once, unasked

__all__ = ["Advance", "Assessment", "Progress", "Tally", "Target", "run_all", "unasked"]

T = TypeVar("T")


def run_all(
    targets: Sequence[Target],
    reduced: Callable[[int, Assessment], T],
    advance: Advance | None = None,
    at_once: int = 0,
    without: Covers | None = None,
) -> list[T]:
    """Assess many environments at once, `at_once` of them (0: as many as the process may), and make of each
    assessment, as soon as it is there, what is kept of it. Addresses that are `without` are never connected to. What is kept comes in the order of the targets. An
    interrupt (Ctrl-C) leaves the running ones incomplete, and the others unasked."""
    return asyncio.run(Round(targets, reduced, advance, without).everything(at_once or most_at_once()))

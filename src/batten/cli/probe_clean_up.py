"""`batten probe --clean-up`: remove what interrupted runs created."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

from batten.cli.finish import finish
from batten.cli.output import stop, tell
from batten.cli.wanted import Wanted
from batten.engine.creations import left_over, removed
from batten.engine.outcome import ExitCode, Outcome
from batten.files import NoState
from batten.policy import Environment, Policy

AGAIN = "`batten probe --clean-up` removes what can be proved to be of that run"


def clean_up(
    root: Path, policy: Policy, approved: list[Environment], bare: Environment, wanted: Wanted
) -> NoReturn:
    """Remove what earlier runs left in approved environments and at addresses that were named, and report it."""
    try:
        outcome = removed(root, policy, approved, bare)
    except NoState as error:
        stop(str(error))
    if not outcome.environments:
        tell("batten: no earlier run in this folder left anything")
        sys.exit(ExitCode.CLEAN)
    finish(outcome, wanted)


def tell_of_left(root: Path) -> None:
    """Say that earlier runs left something."""
    if left_over(root):
        tell(f"batten: an interrupted run in this folder may have left test data; {AGAIN}")


def tell_of_rest(outcome: Outcome) -> None:
    """Say that this run left something."""
    if any(c.address and not c.removed for e in outcome.environments for c in e.created):
        tell(f"batten: not everything that this run created was removed; {AGAIN}")

"""The contract and the policy of a guard, read once at start-up."""

from __future__ import annotations

import os
from pathlib import Path

from batten.contract import Contract, load
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.guard.log import logger
from batten.guard.options import GuardProblem
from batten.policy import Policy, find_policy
from batten.policy.load import load_policy


def read_contract(given: str | os.PathLike[str] | Contract) -> Contract:
    """What of it is broken is logged, and the rest holds. Raises GuardProblem."""
    if isinstance(given, Contract):
        return given
    path = Path(given).resolve()
    here = Path.cwd()
    root = here if here in path.parents else path.parent  # references may lead to sibling folders
    try:
        contract, problems = load(Workspace(root), path.relative_to(root).as_posix())
    except Unreadable as error:
        raise GuardProblem(f"{given}: {error}; {error.hint}") from error
    except SyntaxProblem as error:
        raise GuardProblem(f"{given}: {error}. {error.hint}") from error
    for problem in problems:
        logger.warning("%s:%d: %s", problem.source, problem.line, problem.message)
    return contract


def read_policy(given: str | os.PathLike[str] | Policy | None, beside: Path) -> Policy:
    """Where none is given, the nearest batten.yaml at or above the contract. Raises PolicyProblem."""
    if isinstance(given, Policy):
        return given
    path = Path(given) if given is not None else find_policy(beside)
    return load_policy(path) if path is not None else Policy()

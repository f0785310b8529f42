"""The contract and the policy of a guard, read once at start-up."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from batten.contract import Contract, load
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.guard.compiled import Compiled, compile_contract
from batten.guard.log import logger
from batten.guard.options import GuardProblem, Limits, Mode, Options
from batten.guard.traffic import Traffic
from batten.guard.usable import MOST_TOLD
from batten.policy import Policy, find_policy
from batten.policy.guard import Leniency
from batten.policy.load import load_policy


def read_contract(given: str | os.PathLike[str] | Contract) -> Contract:
    """What of it cannot be enforced, `compile_contract` finds. Raises GuardProblem."""
    if isinstance(given, Contract):
        return given
    path = Path(os.path.abspath(given))
    here = Path.cwd()
    root = here if here in path.parents else path.parent  # references may lead to sibling folders
    workspace, name = Workspace(root), path.relative_to(root).as_posix()
    try:
        contract, _ = load(workspace, name)
    except Unreadable as error:
        raise GuardProblem(f"{given}: {error}; {error.hint}") from error
    except SyntaxProblem as error:
        text = workspace.text(name)
        line = text.line_of(min(error.offset, len(text.text)))
        raise GuardProblem(f"{given}:{line}: {error}; {error.hint}") from error
    return contract


def read_policy(given: str | os.PathLike[str] | Policy | None, beside: Path) -> Policy:
    """Where none is given, the nearest batten.yaml at or above the contract. Raises PolicyProblem."""
    if isinstance(given, Policy):
        return given
    path = Path(given) if given is not None else find_policy(beside)
    return load_policy(path) if path is not None else Policy()


def prepared(
    contract: str | os.PathLike[str] | Contract,
    policy: str | os.PathLike[str] | Policy | None,
    mode: str | Mode,
    rules: Mapping[str, str | Mode] | None,
    limits: Limits | None,
    bucket: int,
    lenient: Leniency,
    log_bodies: bool,
    allow_unjudged: tuple[str, ...] = (),
) -> Compiled:
    """What a middleware is given, made ready. Raises GuardProblem and PolicyProblem."""
    read = read_contract(contract)
    beside = Path.cwd() if isinstance(contract, Contract) else Path(contract).resolve().parent
    chosen = {name: _mode(each) for name, each in (rules or {}).items()}
    options = Options(
        mode=_mode(mode),
        rules=chosen,
        limits=limits or Limits(),
        bucket=bucket,
        leniency=lenient,
        log_bodies=log_bodies,
        unjudged=allow_unjudged,
    )
    compiled = compile_contract(read, read_policy(policy, beside), options)
    announce(compiled)
    return compiled


def announce(compiled: Compiled) -> None:
    """Say at the start what is relaxed, and what is not judged, and why."""
    for line in compiled.relaxed.lines:
        logger.info("%s", line)
    for line in compiled.usable.told:
        logger.warning("not judged: %s", line)
    for note in compiled.usable.notes[:MOST_TOLD]:
        logger.info("%s", note)
    if len(compiled.usable.notes) > MOST_TOLD:
        logger.info("and %d more notes", len(compiled.usable.notes) - MOST_TOLD)


def kept_in(given: str | os.PathLike[str] | Traffic | None) -> Traffic | None:
    return given if given is None or isinstance(given, Traffic) else Traffic(given)


def _mode(given: str | Mode) -> Mode:
    try:
        return Mode(given)
    except ValueError:
        raise GuardProblem(f"'{given}' is not a mode; write 'enforce' or 'observe'") from None

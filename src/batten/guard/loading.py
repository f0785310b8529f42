"""The contract and the policy of a guard, read once at start-up."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from batten.contract import Contract, load
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.guard.compiled import Compiled, compile_contract
from batten.guard.log import logger
from batten.guard.options import GuardProblem, Limits, Mode, Options
from batten.guard.traffic import Traffic
from batten.policy import Policy, find_policy
from batten.policy.guard import Leniency
from batten.policy.guarding import UndeclaredQuery
from batten.policy.load import load_policy


def read_contract(given: str | os.PathLike[str] | Contract) -> Contract:
    """What of it is broken is logged, and the rest holds. Raises GuardProblem."""
    if isinstance(given, Contract):
        return given
    path = Path(os.path.abspath(given))
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


def prepared(
    contract: str | os.PathLike[str] | Contract,
    policy: str | os.PathLike[str] | Policy | None,
    mode: str | Mode,
    rules: Mapping[str, str | Mode] | None,
    limits: Limits | None,
    bucket: int,
    lenient: Leniency,
    log_bodies: bool,
    undeclared_query: str | UndeclaredQuery | None = None,
    hosts: tuple[str, ...] = (),
    trusted: tuple[str, ...] = (),
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
        hosts=hosts,
        trusted=trusted,
        undeclared=_undeclared(undeclared_query),
    )
    made = compile_contract(read, read_policy(policy, beside), options)
    for line in made.relaxed.lines:
        logger.info("%s", line)
    hint_hosts(read, made)
    return made


def hint_hosts(contract: Contract, made: Compiled) -> None:
    """Once at the start: a server that answers for every host answers for an attacker's, too."""
    if made.hosts is None and "*" not in made.options.hosts:
        urls = (urlsplit(server.url or "") for server in contract.servers)
        _hint(", ".join(dict.fromkeys(url.netloc for url in urls if url.netloc)) or "api.example.com")


@cache
def _hint(names: str) -> None:
    """Once in a process, and in those that it becomes: a reload says nothing new."""
    logger.info("Host headers are not checked; add hosts: [%s] to batten.yaml", names)


def _undeclared(given: str | UndeclaredQuery | None) -> UndeclaredQuery | None:
    try:
        return UndeclaredQuery(given) if given is not None else None
    except ValueError:
        words = ", ".join(f"'{choice.value}'" for choice in UndeclaredQuery)
        raise GuardProblem(f"'{given}' is not a choice for undeclared_query; write one of: {words}") from None


def kept_in(given: str | os.PathLike[str] | Traffic | None) -> Traffic | None:
    return given if given is None or isinstance(given, Traffic) else Traffic(given)


def _mode(given: str | Mode) -> Mode:
    try:
        return Mode(given)
    except ValueError:
        raise GuardProblem(f"'{given}' is not a mode; write 'enforce' or 'observe'") from None

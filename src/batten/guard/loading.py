"""The contract and the policy of a guard, read once at start-up."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TypedDict
from urllib.parse import urlsplit

from batten.contract import Contract, load
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.guard.compiled import Compiled, compile_contract
from batten.guard.lenience.given import leniency
from batten.guard.log import logger
from batten.guard.options import GuardProblem, Limits, Mode, Options
from batten.guard.requests.rates import rates as read_rates
from batten.guard.traffic.counts import Traffic
from batten.guard.usable import MOST_TOLD
from batten.policy import Policy, find_policy
from batten.policy.guarding import UndeclaredQuery
from batten.policy.leniency import Framework, Relaxation, UndeclaredErrors
from batten.policy.load import load_policy
from batten.policy.rates import Rate


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


class Given(TypedDict, total=False):
    """What a middleware may be given beside application, contract and policy; `framework` to `undeclared_query` are
    `guard:` of batten.yaml, and hold beside it."""

    mode: str | Mode
    rules: Mapping[str, str | Mode]  # overrides `mode` by rule or operation
    limits: Limits
    bucket: int
    log_bodies: bool
    framework: str | Framework
    undeclared_errors: str | UndeclaredErrors
    formats: str  # "judged" or "relaxed"
    passes: Iterable[str]
    relax: Iterable[Relaxation | Mapping[str, str]]
    undeclared_query: str | UndeclaredQuery
    allow_unjudged: Iterable[str]  # operations that are served without what of the contract cannot be judged
    rates: Iterable[Rate | Mapping[str, str] | str]  # beside those of the policy
    hosts: Iterable[str]  # served beside those of the policy
    trusted: Iterable[str]  # networks, addresses or "unix" whose X-Forwarded-* or Forwarded headers count


def prepared(
    contract: str | os.PathLike[str] | Contract, policy: str | os.PathLike[str] | Policy | None, given: Given
) -> Compiled:
    """What a middleware is given, made ready. Raises GuardProblem and PolicyProblem."""
    read = read_contract(contract)
    beside = Path.cwd() if isinstance(contract, Contract) else Path(contract).resolve().parent
    compiled = compile_contract(read, read_policy(policy, beside), _options(given))
    announce(read, compiled)
    return compiled


def _options(given: Given) -> Options:
    usual = Options()
    undeclared_given = given.get("undeclared_query")
    try:
        undeclared = UndeclaredQuery(undeclared_given) if undeclared_given is not None else None
    except ValueError:
        words = ", ".join(f"'{choice.value}'" for choice in UndeclaredQuery)
        raise GuardProblem(
            f"'{undeclared_given}' is not a choice for undeclared_query; write one of: {words}"
        ) from None
    return Options(
        mode=_mode(given.get("mode", usual.mode)),
        rules={name: _mode(each) for name, each in given.get("rules", {}).items()},
        limits=given.get("limits", usual.limits),
        bucket=given.get("bucket", usual.bucket),
        log_bodies=given.get("log_bodies", usual.log_bodies),
        leniency=leniency(
            given.get("framework"),
            given.get("undeclared_errors"),
            given.get("formats", "judged"),
            given.get("passes", ()),
            given.get("relax", ()),
        ),
        undeclared=undeclared,
        unjudged=tuple(given.get("allow_unjudged", ())),
        hosts=tuple(given.get("hosts", ())),
        trusted=tuple(given.get("trusted", ())),
        rates=read_rates(given.get("rates", ())),
    )


def announce(contract: Contract, compiled: Compiled) -> None:
    """Say at the start what is relaxed, and what is not judged, and why."""
    for line in compiled.relaxed.lines:
        logger.info("%s", line)
    for line in compiled.usable.told:
        logger.warning("not judged: %s", line)
    for note in compiled.usable.notes[:MOST_TOLD]:
        logger.info("%s", note)
    if len(compiled.usable.notes) > MOST_TOLD:
        logger.info("and %d more notes", len(compiled.usable.notes) - MOST_TOLD)
    # Once at the start: a server that answers for every host answers for an attacker's, too.
    if compiled.hosts is None and "*" not in compiled.options.hosts:
        urls = (urlsplit(server.url or "") for server in contract.servers)
        _hint(", ".join(dict.fromkeys(url.netloc for url in urls if url.netloc)) or "api.example.com")


@cache
def _hint(names: str) -> None:
    """Once in a process, and in those that it becomes: a reload says nothing new."""
    logger.info("Host headers are not checked; add hosts: [%s] to batten.yaml", names)


def kept_in(given: str | os.PathLike[str] | Traffic | None) -> Traffic | None:
    return given if given is None or isinstance(given, Traffic) else Traffic(given)


def _mode(given: str | Mode) -> Mode:
    try:
        return Mode(given)
    except ValueError:
        raise GuardProblem(f"'{given}' is not a mode; write 'enforce' or 'observe'") from None

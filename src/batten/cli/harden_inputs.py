"""The inputs of a deployment, as the command line names them."""

from __future__ import annotations

from pathlib import Path

from batten.cli.output import stop, tell
from batten.cli.place import place
from batten.contract import Contract, load
from batten.engine.hardening.inputs import Inputs
from batten.formats import SyntaxProblem, Unreadable, Workspace

_NOTHING = '{"openapi":"3.1.0","info":{"title":"","version":"1"},"paths":{}}'


def inputs_from(contract: Path | None, *, needed: bool, root: Path | None = None) -> Inputs:
    """The policy that holds at the contract or at `root`, and the contract. Stops where there is none and one is needed."""
    named = (root,) if root else (contract,) if contract else ()
    where, _, policy = place(named)
    of_policy = where / policy.contract if policy.contract and needed else None
    file = contract.absolute() if contract else of_policy
    if file is None and needed:
        stop("no contract is given; pass --contract FILE, or set `contract:` in batten.yaml")
    # A contract without operations: a data store has none.
    return Inputs(
        root=where,
        policy=policy,
        contract=_contract(file) if file else load(Workspace(where, {"none.json": _NOTHING}), "none.json")[0],
        contract_file=file,
    )


def _contract(file: Path) -> Contract:
    try:
        contract, problems = load(Workspace(file.parent), file.name)
    except (SyntaxProblem, Unreadable) as error:
        stop(f"{file}: {error}; {error.hint}")
    for problem in problems:
        at = f"{problem.source}:{problem.line}" if problem.line else problem.source
        tell(f"batten: {at}: {problem.message}; {problem.hint}")
    return contract

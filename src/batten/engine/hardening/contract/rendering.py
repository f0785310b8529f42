"""The files of a contract, rendered for its callers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from batten.contract import Contract, load
from batten.engine.hardening.contract.answering import put_answers, repeat_refusals
from batten.engine.hardening.contract.answers import Engine, engine_of
from batten.engine.hardening.contract.bounds import put_bounds, put_formats
from batten.engine.hardening.contract.editing import Editing
from batten.engine.hardening.contract.limits import put_limits
from batten.engine.hardening.contract.servers import put_servers
from batten.engine.hardening.contract.tightening import tightened
from batten.formats import Workspace
from batten.harden import HardenProblem
from batten.harden.edge import Edge, edge_of
from batten.harden.intent import Intent
from batten.harden.made import Made

_MARKED = "what only the edge answers or sends is marked `x-batten-edge`; limits that it enforces are in `x-batten-limits`"


def render(intent: Intent) -> Made:
    """The contract with all its files, by their own names. Raises HardenProblem."""
    strict = intent.options.strict
    engine = engine_of(intent.stack.edge)
    edge = intent.edge
    intent = replace(intent, contract=_spelled_out(intent.contract))
    editing = Editing(intent.contract)
    bounded = put_bounds(editing, edge)
    put_formats(editing)
    put_answers(editing, edge, engine)
    put_limits(editing, edge, engine)
    put_servers(editing, edge)
    written = editing.texts()
    workspace = intent.contract.references.sources.workspace.with_overlay(written)
    found = tightened(workspace, intent, tuple(written))
    texts = {path: found.texts.get(path, text) for path, text in written.items()}
    if not strict:
        _hold(workspace.with_overlay(texts), intent, edge)
    notes = (_MARKED, *bounded, *found.notes, *_notes(intent.contract, edge, engine, editing))
    return Made(texts, notes=notes)


def _spelled_out(contract: Contract) -> Contract:
    """The contract with 401 where it has been declared as one of 4XX; read again, for what comes next edits that answer, too."""
    editing = Editing(contract)
    repeat_refusals(editing)
    if not editing.edits:
        return contract
    workspace = contract.references.sources.workspace.with_overlay(editing.texts())
    return load(workspace, contract.path)[0]


def _notes(contract: Contract, edge: Edge, engine: Engine, editing: Editing) -> Iterator[str]:
    if not engine.says:
        yield (
            f"{engine.name} answers errors in plain text, and passes those of the API: no problem documents are declared"
        )
    if contract.version.startswith("2.") and len(edge.names) > 1:
        yield f"OpenAPI 2.0 names one host; {', '.join(edge.names[1:])} cannot be named as well"
    for place in dict.fromkeys(editing.left):
        at = contract.block(place)
        yield (
            f"{at.source}: {at.pointer} was left as it is: an alias or a merge key shares it with other places;"
            " write it out"
        )


def _hold(workspace: Workspace, intent: Intent, edge: Edge) -> None:
    """The edge of what was written is the edge of what it was written from. Raises HardenProblem."""
    contract, problems = load(workspace, intent.contract.path)
    known = {(p.source, p.message) for p in intent.contract.references.problems}
    fresh = next((p for p in problems if (p.source, p.message) not in known), None)
    if fresh is not None or edge_of(contract, intent.policy, intent.options) != edge:
        why = f": {fresh.message}" if fresh is not None else ""
        raise HardenProblem(
            f"{contract.path} would not be read as the same API{why}; please report it with the contract"
        )

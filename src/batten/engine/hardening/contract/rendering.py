"""The files of a contract, rendered for its callers."""

from __future__ import annotations

from dataclasses import replace

from batten.contract import load
from batten.engine.hardening.contract.answering import put_answers, repeat_refusals
from batten.engine.hardening.contract.answers import engine_of
from batten.engine.hardening.contract.bounds import put_bounds, put_formats
from batten.engine.hardening.contract.editing import Editing
from batten.engine.hardening.contract.limits import put_limits
from batten.engine.hardening.contract.notes import notes
from batten.engine.hardening.contract.servers import put_servers
from batten.engine.hardening.contract.tightening import tightened
from batten.formats import SyntaxProblem, Workspace
from batten.harden import HardenProblem
from batten.harden.edge import Edge, edge_of
from batten.harden.intent import Intent
from batten.harden.made import Made


def render(intent: Intent) -> Made:
    """The contract with all its files, by their own names. Raises HardenProblem."""
    engine = engine_of(intent.stack.edge)
    edge = intent.edge
    # The contract with 401 where it has been declared as one of 4XX; read again, for what comes next edits that
    # answer, too.
    contract = intent.contract
    spelled_editing = Editing(contract)
    repeat_refusals(spelled_editing)
    if not spelled_editing.edits:
        spelled_out = contract
    else:
        spelled_workspace = contract.references.sources.workspace.with_overlay(spelled_editing.texts())
        spelled_out = load(spelled_workspace, contract.path)[0]
    intent = replace(intent, contract=spelled_out)
    editing = Editing(intent.contract)
    bounded = put_bounds(editing, edge, engine, intent.options.strict)
    put_formats(editing)
    put_answers(editing, edge, engine)
    put_limits(editing, edge, engine)
    put_servers(editing, edge)
    written = editing.texts()
    workspace = intent.contract.references.sources.workspace.with_overlay(written)
    found = tightened(workspace, intent, tuple(written))
    texts = {path: found.texts.get(path, text) for path, text in written.items()}
    _hold(workspace.with_overlay(texts) if found.texts else workspace, intent, edge)
    return Made(texts, notes=(*notes(intent, edge, engine, editing), *bounded, *found.notes))


def _hold(workspace: Workspace, intent: Intent, edge: Edge) -> None:
    """The edge of what was written is the edge of what it was written from. Raises HardenProblem."""
    path, why = intent.contract.path, ""
    try:
        contract, problems = load(workspace, path)
        known = {(p.source, p.message) for p in intent.contract.references.problems}
        why = next((f": {p.message}" for p in problems if (p.source, p.message) not in known), "")
        held = not why and is_same(
            edge, edge_of(contract, intent.policy, intent.options, intent.acme), intent
        )
    except SyntaxProblem as error:
        held, why = False, f": {error}"
    if not held:
        raise HardenProblem(
            f"{path} would not be read as the same API{why}; please report it with the contract"
        )


def is_same(asked: Edge, found: Edge, intent: Intent) -> bool:
    """Closed schemas may have smaller bodies."""
    if intent.options.strict:
        asked, found = _without_sizes(asked), _without_sizes(found)
    return asked == found


def _without_sizes(edge: Edge) -> Edge:
    return replace(edge, routes=tuple(replace(route, body=0) for route in edge.routes))

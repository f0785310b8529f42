"""The files of a contract, rendered for its callers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from batten.contract import Place, load
from batten.engine.fix import Plan, Wish, plan
from batten.engine.hardening.contract.answering import put_answers, repeat_refusals
from batten.engine.hardening.contract.answers import Engine, engine_of
from batten.engine.hardening.contract.bounds import put_bounds, put_formats
from batten.engine.hardening.contract.editing import Editing
from batten.engine.hardening.contract.notes import notes
from batten.engine.hardening.contract.servers import put_servers
from batten.formats import SyntaxProblem, Workspace
from batten.formats.tree import Plain
from batten.harden import HardenProblem
from batten.harden.edge import Edge, edge_of
from batten.harden.intent import Intent
from batten.harden.made import Made
from batten.model import Safety
from batten.model.record import record

STRICT = frozenset(("request-schemas-defined", "response-schemas-defined"))
PUBLISHED = frozenset(
    ("secret-not-inline",)
)  # the contract is for others: what it shows of credentials is taken out


@record
class Tightened:
    texts: Mapping[str, str]
    notes: tuple[str, ...]


LIMITS = "x-batten-limits"


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
    _put_limits(editing, edge, engine)
    put_servers(editing, edge)
    written = editing.texts()
    workspace = intent.contract.references.sources.workspace.with_overlay(written)
    found = _tightened(workspace, intent, tuple(written))
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


def _put_limits(editing: Editing, edge: Edge, engine: Engine) -> None:
    """Of the whole edge, and the largest body in bytes of each operation that takes one."""
    bodies = {route.path.template: route.body for route in edge.routes}
    placed = dict[Place, int]()
    for operation in editing.contract.operations:
        if operation.body is not None and operation.path in bodies:
            placed[operation.place] = max(bodies[operation.path], placed.get(operation.place, 0))
    for place, body in placed.items():
        editing.put(place, LIMITS, {"body": body}, ("responses",))
    # Bytes; requests a second and connections are those of one address.
    found: dict[str, Plain] = {"body": edge.body}
    if engine.gives("414"):
        found["target"] = engine.target
    if engine.gives("429"):
        found["requests"] = edge.rate
    if engine.counts:
        found["connections"] = edge.connections
    editing.put(Place(editing.contract.path), LIMITS, found, ("paths", "webhooks"))


def _tightened(workspace: Workspace, intent: Intent, files: tuple[str, ...]) -> Tightened:
    """`strict` of the options closes schemas, which callers may notice that send more than is declared."""
    policy = replace(intent.policy, waivers=(), ignore=())
    found = plan(workspace, policy, Wish(validate=False), files)
    texts, notes = dict(found.texts), [*_told(found)]
    left = {one.finding.control for one in found.left}
    wanted = (STRICT if intent.options.strict else frozenset[str]()) | PUBLISHED
    if slugs := wanted & left:
        wish = Wish(accept=frozenset({Safety.RISKY}), slugs=slugs, validate=False)
        found = plan(workspace.with_overlay(texts), policy, wish, files)
        texts.update(found.texts)
        notes += _told(found)
    return Tightened(texts, tuple(notes))


def _told(made: Plan) -> Iterator[str]:
    """Each way to fix once, with how often it was taken, and whom it may affect."""
    counts: dict[tuple[str, str, str], int] = {}
    for finding in made.fixed:
        if finding.fix is not None:
            key = (finding.control, finding.fix.title, finding.fix.breaks)
            counts[key] = counts.get(key, 0) + 1
    for (control, title, breaks), count in counts.items():
        yield f"{control}: {title} ({count} ×)" + (f"; may affect {breaks}" if breaks else "")

"""Whether a contract that was written is that of the API as its edge serves it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from batten.contract import Contract, load
from batten.engine.hardening.contract.answers import engine_of, statuses
from batten.engine.hardening.contract.rendering import is_same
from batten.engine.hardening.contract.servers import address
from batten.engine.hardening.readback import Compared
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.harden.edge import edge_of
from batten.harden.intent import Intent

_MOST = 5  # sentences of one subject


def compared(intent: Intent, workspace: Workspace) -> Compared:
    """The contract that is in a folder, and what was asked for."""
    try:
        written, problems = load(workspace, intent.contract.path)
    except (SyntaxProblem, Unreadable) as error:
        return Compared(equal=(), differing=(f"contract: {error}",), unread=())
    known = {problem.message for problem in intent.contract.references.problems}
    broken = [f"contract: {p.message}" for p in problems if p.message not in known]
    equal, differing = list[str](), broken
    for subject, compare in _SUBJECTS.items():
        wrong = list(compare(written, intent))
        differing += [f"{subject}: {sentence}" for sentence in wrong[:_MOST]]
        equal += [] if wrong else [subject]
    return Compared(equal=tuple(equal), differing=tuple(differing), unread=())


def _operations(written: Contract, intent: Intent) -> Iterator[str]:
    asked, found = ({o.label for o in one.operations} for one in (intent.contract, written))
    yield from (f"{label} is missing" for label in sorted(asked - found))
    yield from (f"{label} was not asked for" for label in sorted(found - asked))


def _servers(written: Contract, intent: Intent) -> Iterator[str]:
    asked = {address(intent.edge, name) for name in intent.edge.names}
    if written.version.startswith("2."):
        asked = {address(intent.edge, intent.edge.names[0])}
    for server in written.servers:
        if not any(server.written == one or server.written.startswith(f"{one}/") for one in asked):
            yield f"{server.written} is not the edge"
    if not written.servers:
        yield "none is named"


def _answers(written: Contract, intent: Intent) -> Iterator[str]:
    """All that the edge and the API may say is declared."""
    engine, edge = engine_of(intent.stack.edge), intent.edge
    ranges = not written.version.startswith("2.")
    for operation in written.operations:
        told = {status.upper() for status in operation.told}
        for status in statuses(operation, edge, engine, ranges):
            if status.upper() not in told:
                yield f"{operation.label} does not declare {status}"


def _edges(written: Contract, intent: Intent) -> Iterator[str]:
    if not is_same(intent.edge, edge_of(written, intent.policy, intent.options, intent.acme), intent):
        yield "another edge would be rendered from it"


_SUBJECTS: dict[str, Callable[[Contract, Intent], Iterator[str]]] = {
    "operations": _operations,
    "servers": _servers,
    "answers": _answers,
    "edge": _edges,
}

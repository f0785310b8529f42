"""What people must know of a contract that was written, and cannot see in it."""

from __future__ import annotations

from collections.abc import Iterator

from batten.contract import Contract
from batten.contract.surface import is_offered
from batten.engine.hardening.contract.answers import Engine, statuses
from batten.engine.hardening.contract.editing import Editing
from batten.engine.hardening.contract.servers import address
from batten.harden.edge import Edge
from batten.harden.intent import Intent

_MARKED = "what only the edge answers or sends is marked `x-batten-edge`; limits that it enforces are in `x-batten-limits`"
_MOST = 10  # names in one note


def notes(intent: Intent, edge: Edge, engine: Engine, editing: Editing) -> Iterator[str]:
    contract = intent.contract
    yield _MARKED
    if not engine.says:
        yield (
            f"{engine.name} answers errors in plain text, and passes those of the API: no problem documents are declared"
        )
    if contract.version.startswith("2.") and len(edge.names) > 1:
        yield f"OpenAPI 2.0 names one host; {_listed(list(edge.names[1:]))} cannot be named as well"
    yield from _servers(contract, edge)
    # Headers that the API declares, and its callers do not get from it.
    own = {name.lower() for name in (*edge.own_headers, *edge.hidden)}
    named = {name for o in contract.operations for r in o.responses.values() for name in r.headers}
    if found := sorted(name for name in named if name.lower() in own):
        yield f"the edge sends its own value of these headers of the API, or removes them: {_listed(found)}"
    if closed := [o.label for o in contract.operations if not is_offered(o)]:
        yield f"the edge does not serve these operations: {_listed(closed)}; remove them from your contract"
    if intent.options.head:
        yield "the edge answers HEAD for every operation with GET; the contract declares it where yours does"
    yield from _stale(contract, edge, engine)
    for place in dict.fromkeys(editing.left):
        at = contract.block(place)
        yield (
            f"{at.source}: {at.pointer} was left as it is: an alias or a merge key shares it with other places;"
            " write it out"
        )


def _servers(contract: Contract, edge: Edge) -> Iterator[str]:
    """Addresses that callers had, and have no longer."""
    kept = tuple(address(edge, name) for name in edge.names)
    gone = dict.fromkeys(
        s.written for s in contract.servers if "//" in s.written and not s.written.startswith(kept)
    )
    if gone:
        yield f"no longer named as a server: {_listed(list(gone))}; the edge serves their operations, too"


def _stale(contract: Contract, edge: Edge, engine: Engine) -> Iterator[str]:
    """Answers of an edge that served it before."""
    ranges = not contract.version.startswith("2.")
    found = dict.fromkeys(
        status
        for operation in contract.operations
        for status in set(operation.of_edge) - set(statuses(operation, edge, engine, ranges))
    )
    if found:
        yield (
            f"the contract was written for another edge, and declares answers that {engine.name} does not give"
            f" ({', '.join(sorted(found))}): write it again from your own contract"
        )


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return ", ".join(names[:_MOST]) + more

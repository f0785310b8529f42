"""The contract's paths with all that is held against their operations, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from batten.contract import Contract, surface
from batten.contract.parameters import Slot, Style
from batten.contract.readings import TEXT
from batten.guard.compiled import Compiled, compile_contract
from batten.guard.export.made import ExportProblem
from batten.guard.options import Options, Rule
from batten.guard.served import Served, is_json
from batten.model.record import record
from batten.policy import Policy
from batten.policy.leniency import Leniency

# Keywords of a schema that forbid no text.
_TELLING = frozenset(("type", "title", "description", "default", "example", "examples", "deprecated"))


@record
class Route:
    """`key` names it in generated code."""

    key: str
    path: surface.Path
    operations: Mapping[str, Served]  # by method

    @property
    def has_ranges(self) -> bool:
        return any(served.has_ranges for served in self.operations.values())

    @property
    def judged(self) -> tuple[str, ...]:
        """Methods whose answers are kept back until they are whole."""
        return tuple(method for method, served in self.operations.items() if keeps_answers(served))

    @property
    def asks(self) -> bool:
        """Whether requests are asked for anything but their verb."""
        return any(s.demand.alternatives or reads_requests(s) for s in self.operations.values())


def reads_requests(served: Served) -> bool:
    """Whether a request is asked for anything that only a script can judge."""
    return served.operation.body is not None or bool(judged_slots(served)) or refuses_undeclared(served)


def judged_slots(served: Served) -> tuple[Slot, ...]:
    """Parameters that can be wrong in a request which the engine's own routes have admitted: not a segment of the path
    that may be any text. A script that has nothing to ask costs nginx some 8 µs a request."""
    return tuple(slot for slot in served.inputs.slots if not _is_any_segment(slot))


def _is_any_segment(slot: Slot) -> bool:
    if slot.location != "path" or slot.style is not Style.SIMPLE or slot.readings.ways != TEXT.ways:
        return False
    written = slot.schema.value if slot.schema is not None else {}
    return isinstance(written, dict) and all(key in _TELLING or key.startswith("x-") for key in written)


def refuses_undeclared(served: Served) -> bool:
    """Whether query parameters that the contract does not declare are refused."""
    return Rule.UNDECLARED not in served.observed and not served.strips


def keeps_answers(served: Served) -> bool:
    if served.operation.method == "HEAD":
        return False
    return any(
        status not in ("204", "304")
        and response.known
        and (not response.media or any(map(is_json, response.media)))
        for status, response in served.operation.responses.items()
    )


def routes(
    contract: Contract, policy: Policy, unjudged: tuple[str, ...] = (), ports: tuple[int, ...] = ()
) -> tuple[Compiled, tuple[Route, ...]]:
    """`ports` are those of the engine's listeners. Raises ExportProblem for a contract without operations, GuardProblem for one that cannot be enforced."""
    compiled = compile_contract(
        contract, replace(policy, leniency=Leniency()), Options(unjudged=unjudged, ports=ports)
    )
    by_pattern: dict[str, dict[str, Served]] = {}
    for operation in contract.operations:
        served = compiled.served(operation)
        for path in (operation.path, *operation.others):
            by_pattern.setdefault(surface.pattern(path), {}).setdefault(operation.method, served)
    found = surface.paths(contract, head=False)
    if not found:
        raise ExportProblem(
            f"{contract.path} declares no operation; a guard for it would refuse every request"
        )
    return compiled, tuple(_route(number, path, by_pattern) for number, path in enumerate(found, 1))


def _route(number: int, path: surface.Path, by_pattern: Mapping[str, Mapping[str, Served]]) -> Route:
    operations = by_pattern[path.pattern or surface.pattern(path.template)]
    return Route(f"r{number}", path, {method: operations[method] for method in path.methods})

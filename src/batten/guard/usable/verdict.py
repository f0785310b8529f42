"""The one rule of every carrier: what cannot be judged stops the start, unless its operation is named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from batten.contract import Contract, Operation, Place, Schema
from batten.contract.bundles import Bundles
from batten.contract.dialect import Direction
from batten.contract.keywords import Flaw
from batten.guard.options import GuardProblem
from batten.guard.usable.documents import document_flaws
from batten.guard.usable.operations import operation_flaws, schemas_of
from batten.model.record import record

MOST_TOLD = 20
_CIRCLE = "the schema refers to itself for the same value"
_BETWEEN = "put a property or an item between"


@record
class Usable:
    """`unjudged` are the labels of operations that are served without all of their judgements, `told` has a line for
    each of these judgements, and `notes` say what the specification does not ask to judge."""

    unjudged: frozenset[str] = frozenset()
    told: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def listed(self) -> dict[str, None]:
        """All that is not judged."""
        return dict.fromkeys((*self.told, *self.notes))


def usable(contract: Contract, admitted: Iterable[str] = (), unread: Iterable[str] = ()) -> Usable:
    """`admitted` are operations that may go without a judgement, `unread` are notes of what else is not judged. Raises
    GuardProblem, with all that is wrong."""
    admitted = tuple(admitted)
    labels = {operation.label for operation in contract.operations}
    for name in admitted:
        if name not in labels:
            raise GuardProblem(
                f"'{name}' is not an operation of {contract.path}; write it as in 'GET /v1/orders'"
            )
    bundles = Bundles(contract)
    found: dict[Flaw, list[str]] = {flaw: [] for flaw in document_flaws(contract)}
    whole = set(found)
    for operation in contract.operations:
        for flaw in operation_flaws(contract, operation):
            found.setdefault(flaw, []).append(operation.label)
    for flaw, operation in schema_flaws(bundles, contract.operations):
        found.setdefault(flaw, []).append(operation.label)
    stopping = [flaw for flaw, names in found.items() if flaw in whole or not set(names) <= set(admitted)]
    if stopping:
        raise GuardProblem(_sentence(contract, stopping, any(flaw not in whole for flaw in stopping)))
    told = [
        f"{name}: {_line(contract, flaw)}" for flaw, names in found.items() for name in dict.fromkeys(names)
    ]
    unjudged = frozenset(name for names in found.values() for name in names)
    return Usable(unjudged, tuple(told), (*_notes(contract, bundles), *unread))


def _line(contract: Contract, flaw: Flaw) -> str:
    return f"{_place(contract, flaw.place)}: {flaw.message}; {flaw.hint}"


def _place(contract: Contract, place: Place) -> str:
    return f"{place.source}:{contract.references.sources.line(place)}"


def _sentence(contract: Contract, flaws: list[Flaw], has_operations: bool) -> str:
    lines = sorted({_line(contract, flaw): None for flaw in flaws}, key=_order)
    shown = lines[:MOST_TOLD]
    if len(lines) > MOST_TOLD:
        shown.append(f"and {len(lines) - MOST_TOLD} more")
    if has_operations:
        shown.append(
            "to serve an operation without the judgement that cannot be made, name it with --allow-unjudged"
        )
    return "\n".join((f"{contract.path} cannot be enforced:", *(f"  {line}" for line in shown)))


def _order(line: str) -> tuple[str, int]:
    source, _, rest = line.partition(":")
    number = rest.partition(":")[0]
    return source, int(number) if number.isdecimal() else 0


def _notes(contract: Contract, bundles: Bundles) -> Iterator[str]:
    formats = set[str]()
    ignored = dict[str, Place]()
    for made in bundles.all():
        formats |= made.formats
        for place, note in made.notes:
            ignored.setdefault(note, place)
    for note, place in ignored.items():
        yield f"{_place(contract, place)}: {note}"
    if formats:
        names = ", ".join(f"'{name}'" for name in sorted(formats))
        yield f"{contract.path}: formats that are annotations, and not judged: {names}"


def schema_flaws(bundles: Bundles, operations: Iterable[Operation]) -> Iterator[tuple[Flaw, Operation]]:
    """What of the schemas cannot be judged, looked for once in all of them: each with every operation that needs the
    schema."""
    roots = [(o, schema, direction) for o in operations for schema, direction in schemas_of(o)]
    flaws = _flaws(bundles, roots)
    if flaws:
        for operation, schema, direction in roots:
            for place in (place for place, _ in bundles.translated(schema, direction)):
                yield from ((flaw, operation) for flaw in flaws.get((place, direction), ()))


def _flaws(
    bundles: Bundles, roots: list[tuple[Operation, Schema, Direction]]
) -> dict[tuple[Place, Direction], list[Flaw]]:
    """Of each schema by itself."""
    flaws: dict[tuple[Place, Direction], list[Flaw]] = {}
    here: dict[tuple[Place, Direction], tuple[Place, ...]] = {}
    for _, schema, direction in roots:
        if (schema.place, direction) in here:
            continue
        for place, made in bundles.translated(schema, direction, here):
            here[place, direction] = made.here
            if made.flaws:
                flaws[place, direction] = list(made.flaws)
    # Schemas that judge a value by themselves again, without a step into it: that has no end.
    done = set[tuple[Place, Direction]]()
    for start in here:
        path: dict[tuple[Place, Direction], None] = {}
        pending = [(start, False)]
        while pending:
            key, leaves = pending.pop()
            if leaves:
                del path[key]
                done.add(key)
            elif key in path:
                place, direction = key
                flaws.setdefault((place, direction), []).append(Flaw(place, _CIRCLE, _BETWEEN))
            elif key not in done:
                path[key] = None
                pending.append((key, True))
                pending += [((place, key[1]), False) for place in here.get(key, ())]
    return flaws

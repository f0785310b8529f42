"""What of the schemas cannot be judged, looked for once in all of them, and then by operation where there is something."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from batten.contract import Operation, Place, Schema
from batten.contract.bundles import Bundles
from batten.contract.dialect import Direction
from batten.contract.keywords import Flaw
from batten.guard.usable.operations import schemas_of

_CIRCLE = "the schema refers to itself for the same value"
_BETWEEN = "put a property or an item between"


def schema_flaws(bundles: Bundles, operations: Iterable[Operation]) -> Iterator[tuple[Flaw, Operation]]:
    """Each with every operation that needs the schema."""
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

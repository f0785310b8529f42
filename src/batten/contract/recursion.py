"""Which schemas lead back to themselves.

The engine notes what such a schema says of a list or an object, so its verdicts cost what a value is long, however many
branches lead to one part. That does not hold for what `uniqueItems` compares, nor for reasons where parts are left over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_DEFINITION = "#/$defs/"


def recurs(schema: Any) -> bool:
    """Whether a definition of a bundle refers to itself, by whatever way."""
    definitions = schema.get("$defs") if isinstance(schema, dict) else None
    if not isinstance(definitions, dict):
        return False
    edges = {name: set(_references(body)) for name, body in definitions.items()}
    while leaves := [name for name, targets in edges.items() if not targets & edges.keys()]:
        for name in leaves:
            del edges[name]
    return bool(edges)


def _references(schema: Any) -> Iterator[str]:
    pending = [schema]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            reference = value.get("$ref")
            if isinstance(reference, str) and reference.startswith(_DEFINITION):
                yield reference.removeprefix(_DEFINITION)
            pending += value.values()
        elif isinstance(value, list):
            pending += value

"""The rows `rates:` below `guard:` of batten.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from batten.formats import Mapping, Node
from batten.policy.rates import ROW, Rate, rate
from batten.policy.reading import Fields


def rates(fields: Fields, guard: Node | None) -> Iterator[Rate]:
    """Raises PolicyProblem."""
    rows = guard["rates"] if isinstance(guard, Mapping) else None
    for item in fields.items(rows, "rates"):
        row = fields.mapping(item, "a rate", ROW)
        try:
            yield rate({key: fields.string(row[key]) for key in ROW if row[key] is not None})
        except ValueError as error:
            message, _, hint = str(error).rpartition("; ")
            fields.complain(item, message, hint)

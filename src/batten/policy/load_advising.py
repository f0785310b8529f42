"""`advisories:` of batten.yaml."""

from __future__ import annotations

from batten.formats import Node
from batten.model import Severity
from batten.policy.advising import KEYS, Advising
from batten.policy.reading import Fields


def advising(fields: Fields, node: Node | None) -> Advising:
    """Raises PolicyProblem."""
    if node is None:
        return Advising()
    made = fields.mapping(node, "advisories", KEYS)
    return Advising(fields.severity(made["minimum"], Severity.INFO), fields.strings(made["private"]))

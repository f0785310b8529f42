"""`advisories:` of batten.yaml."""

from __future__ import annotations

from batten.formats import Node
from batten.model import Severity
from batten.policy.advising import ACCEPTED, KEYS, Accepted, Advising
from batten.policy.reading import Fields


def advising(fields: Fields, node: Node | None) -> Advising:
    """Raises PolicyProblem."""
    if node is None:
        return Advising()
    made = fields.mapping(node, "advisories", KEYS)
    minimum, private = fields.severity(made["minimum"], Severity.INFO), fields.strings(made["private"])
    accepted: list[Accepted] = []
    for item in fields.items(made["accepted"], "accepted"):
        row = fields.mapping(item, "an accepted vulnerability", ACCEPTED)
        lacking = next((key for key in ACCEPTED if not fields.string(row[key])), None)
        until = fields.day(row["until"])
        if lacking is not None or until is None:
            fields.complain(
                item, f"an accepted vulnerability has no {lacking}", f"write `{lacking}:` with its value"
            )
        name, reason, owner = (fields.string(row[key]) for key in ACCEPTED[:3])
        accepted.append(Accepted(id=name, reason=reason, owner=owner, until=until))
    return Advising(minimum, private, tuple(accepted))

"""What a context does to the findings in it, unless batten.yaml says otherwise."""

from __future__ import annotations

from collections.abc import Mapping

from batten.model import Context, Severity
from batten.model.record import record


@record
class Rule:
    """`most` is the highest severity that findings have there, None for their own; `gate` says whether they count
    towards the verdict."""

    most: Severity | None = None
    gate: bool = True


# What runs on one machine or for the length of a test reaches no caller of the API, and vendored files are somebody
# else's to change, what was put away runs no more, and what git keeps out is on one machine only; all are told, for such
# files are copied into production.
DEFAULTS: Mapping[Context, Rule] = {
    Context.PRODUCTION: Rule(),
    Context.DEVELOPMENT: Rule(Severity.LOW, gate=False),
    Context.TEST: Rule(Severity.LOW, gate=False),
    Context.EXAMPLE: Rule(Severity.LOW, gate=False),
    Context.VENDORED: Rule(Severity.INFO, gate=False),
    Context.ARCHIVED: Rule(Severity.LOW, gate=False),
    Context.GITIGNORED: Rule(Severity.LOW, gate=False),
}

"""What a change lowers, as every report says it before its findings."""

from __future__ import annotations

from batten.engine.outcome import Lowered, Outcome
from batten.formats import Workspace
from batten.reports import words

TITLE = "This change lowers what is reported"
MOST = 20  # lines


def lines(outcome: Outcome, workspace: Workspace) -> list[str]:
    """`container-mounts-safe: critical → info at batten.yaml:3, hides or lowers 1 finding`, a line each."""
    told = [line(one, workspace) for one in outcome.lowered[:MOST]]
    left = len(outcome.lowered) - len(told)
    return [*told, *([f"… and {left:,} more"] if left else [])]


def line(one: Lowered, workspace: Workspace) -> str:
    hidden = f", hides or lowers {words.plural(one.findings, 'finding')}" if one.findings else ""
    return f"{one.subject}: {one.before} → {one.after} at {words.where(one.at, workspace)}{hidden}"

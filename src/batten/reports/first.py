"""What to do first, in the words that the terminal and the HTML report share."""

from __future__ import annotations

from collections.abc import Sequence

from batten.engine.causes import Cause
from batten.model import Finding, Location, Safety
from batten.model.record import record
from batten.reports import words
from batten.reports.legible import one_line

NAMED = 2  # places of a finding


def first_of(found: Sequence[Cause]) -> list[Cause]:
    """The causes in their order, without those seen live of what a file declares, which are told with it."""
    told = {(f.control, f.at) for c in found for f in (*c.places, *c.covered, *c.same) if not f.environment}
    return [c for c in found if not (c.lead.environment and _declared(c, told))]


@record
class Slot:
    """The place of a control in the list of what to do first: its worst finding, and its others."""

    cause: Cause
    others: tuple[Cause, ...] = ()


def slots(found: Sequence[Cause]) -> list[Slot]:
    """One place for each control, in the order of the findings: the same weakness in ten services hides no other."""
    alike: dict[str, list[Cause]] = {}
    for cause in first_of(found):
        alike.setdefault(cause.lead.control, []).append(cause)
    return [Slot(lead, tuple(others)) for lead, *others in alike.values()]


def more(slot: Slot) -> str:
    """`5 more of this control`; "" where there is none."""
    return f"{len(slot.others):,} more of this control" if slot.others else ""


def _declared(cause: Cause, told: set[tuple[str, Location]]) -> bool:
    """Whether each of its places is told with what declares it."""
    places = (*cause.places, *cause.covered)
    return all(any((twin.control, twin.at) in told for twin in f.twins) for f in places)


def brief(cause: Cause) -> list[str]:
    """Its control, where it is, whether a probe confirmed it, and what fixes it."""
    live = any(twin.environment for f in cause.places for twin in f.twins)
    seen = "seen live" if live and not cause.lead.environment else ""
    return list(filter(None, (cause.lead.control, where(cause), seen, what_fixes(cause.lead))))


def where(cause: Cause) -> str:
    """`compose.yaml:5, :12 and 7 more, from the internet`."""
    names, before = [], ""
    for finding in cause.places[:NAMED]:
        path, name = finding.at.source, one_line(words.spot(finding))
        names.append(name.removeprefix(one_line(path)) if path == before and name != path else name)
        before = path
    more = len(cause.places) - len(names)
    told = ", ".join(names) + (f" and {more:,} more" if more else "")
    return f"{told}, from the internet" if cause.lead.public else told


def what_fixes(finding: Finding) -> str:
    """The command and what it does, the question that it waits for, or what to do by hand."""
    fix = finding.proposal
    if fix is None:
        return one_line(words.changed_by_fix(finding) or finding.advice)
    if fix.safety is Safety.VALUE or not fix.edits:
        return one_line(fix.question)
    return one_line(f"batten fix{' --risky' if fix.safety is Safety.RISKY else ''}: {fix.title}")

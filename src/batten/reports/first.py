"""What to do first, in the words that the terminal and the HTML report share."""

from __future__ import annotations

from collections.abc import Sequence

from batten.engine.causes import Cause
from batten.engine.proposals import work_out
from batten.model import Bundle, Finding, Location, Safety, Severity
from batten.model.record import record
from batten.reports import words
from batten.reports.legible import one_line

NAMED = 2  # places of a finding
FIXES_TRIED = 20  # findings of low severity whose fixes are asked for


def first_of(found: Sequence[Cause]) -> list[Cause]:
    """The causes in their order, without those seen live of what a file declares, which are told with it."""
    told = {(f.control, f.at) for c in found for f in (*c.places, *c.covered, *c.same) if not f.environment}
    return [c for c in found if not (c.lead.environment and _declared(c, told))]


FEW_LOW = 3  # findings of low severity that are listed where there is nothing worse


def apart_from_rest(found: Sequence[Cause], gate: Severity) -> tuple[list[Cause], list[Cause]]:
    """The causes of what to do first, and the rest, which is counted. The list ends where what is worth acting on ends: it holds
    what is of medium severity or worse; of what is low only what a safe fix repairs, or the first three where nothing is worse;
    no note, unless notes are the gate; and nothing that a vendor's documentation explains."""
    if gate < Severity.LOW:
        return list(found), []
    candidates = [c for c in found if _worth(c)]
    worse = [c for c in candidates if c.severity > Severity.LOW]
    low = [c for c in candidates if c.severity is Severity.LOW]
    work_out((c.lead for c in low[:FIXES_TRIED]), edits=False)
    safe = [c for c in low[:FIXES_TRIED] if _safely_fixed(c.lead)]
    told = worse + safe if worse else [*safe, *(c for c in low if c not in safe)][:FEW_LOW]
    kept = {id(cause) for cause in told}
    return [c for c in found if id(c) in kept], [c for c in found if id(c) not in kept]


def _worth(cause: Cause) -> bool:
    if cause.severity < Severity.LOW:
        return False
    leads = (cause.lead, *cause.covered) if cause.bundled else (cause.lead,)
    if any(f.bundle is Bundle.HOST for f in leads) and cause.severity <= Severity.LOW:
        return False
    hardening = cause.lead.bundle is Bundle.HARDENING and cause.severity <= Severity.LOW
    return not hardening or any(f.public for f in cause.places)


def _safely_fixed(finding: Finding) -> bool:
    fix = finding.proposal
    return fix is not None and fix.safety is Safety.SAFE


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

"""What to do first: all findings at a glance where they do not fit on a screen, the worst ones in full, the rest counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from batten.engine.causes import Cause
from batten.engine.proposals import work_out
from batten.model import Finding, Safety, Severity
from batten.reports import words
from batten.reports.legible import one_line
from batten.reports.terminal_findings import in_full
from batten.reports.terminal_page import INDENT, Page
from batten.reports.terminal_style import fit, wrap

FEW = 45  # lines; findings that fit into them are shown in full, without a list before them
LISTED = 10  # findings of the list
BRIEF = 20  # lines of findings in full that follow the list
COUNTED = 2  # lines about the rest of a severity
WIDEST = 10  # columns of a severity's name, blanks included
NAMED = 2  # places of a finding in the list
WORKED_OUT = 20  # findings whose fixes are told at most: those of the list, and those in full


def findings(page: Page) -> Iterator[str]:
    """The findings that count: in full where they are few, otherwise what to do first, then the worst in full."""
    found = page.causes
    work_out((c.lead for c in (found if page.verbose else found[:WORKED_OUT])), edits=False)
    shown = list(_within(found, page, FEW, reasons=True))
    if len(shown) == len(found) and not page.verbose:
        yield from _apart_by_blanks(shown)
        return
    first = [cause for cause in found if not _seen_of(cause, found)]
    yield from _list(first[:LISTED], page)
    yield ""
    yield from _apart_by_blanks(list(_within(found, page, BRIEF, reasons=page.verbose)))
    rest = first[LISTED:]
    if rest and not page.verbose:
        yield ""
        yield from _counted(rest, page)


def _within(found: Sequence[Cause], page: Page, room: int, *, reasons: bool) -> Iterator[list[str]]:
    """Findings in full while there is room for them; all with --verbose. With `reasons`, the first of each control says
    why it matters."""
    told: set[str] = set()
    for cause in found[: None if page.verbose else WORKED_OUT]:
        lines = in_full(cause, page, reasons and cause.lead.control not in told)
        told.add(cause.lead.control)
        room -= len(lines) + 1
        if room < 0 and not page.verbose:
            return
        yield lines


def _apart_by_blanks(blocks: list[list[str]]) -> Iterator[str]:
    for index, lines in enumerate(blocks):
        if index:
            yield ""
        yield from lines


def _seen_of(cause: Cause, found: Sequence[Cause]) -> bool:
    """Whether it was seen live, and the list says so of what a file declares."""
    own = (cause.lead.control, cause.lead.context)
    return bool(cause.lead.environment) and any(
        not c.lead.environment and (c.lead.control, c.lead.context) == own for c in found
    )


def _list(first: Sequence[Cause], page: Page) -> Iterator[str]:
    """Two lines a finding: how bad and what is wrong; which control, where, and what fixes it."""
    yield page.style.rule(f"what to do first: {words.findings(page.causes)}")
    live = {cause.lead.control for cause in page.causes if cause.lead.environment}
    for number, cause in enumerate(first, 1):
        lead = f"{INDENT}{number:>2}  "
        name = page.style.severity(cause.severity)
        room = page.width - len(lead) - len(cause.severity.label) - 4
        yield f"{lead}{name}  {fit(one_line(cause.message), room)}"
        seen = "seen live" if cause.lead.control in live and not cause.lead.environment else ""
        parts = (cause.lead.control, _where(cause), seen, _what_fixes(cause.lead))
        yield " " * len(lead) + page.style.paint(
            fit(" · ".join(filter(None, parts)), page.width - len(lead)), "dim"
        )


def _where(cause: Cause) -> str:
    """`compose.yaml:5, :12 and 7 more, from the internet`."""
    names, before = [], ""
    for finding in cause.places[:NAMED]:
        path, name = finding.at.source, one_line(words.spot(finding))
        names.append(name.removeprefix(one_line(path)) if path == before and name != path else name)
        before = path
    more = len(cause.places) - len(names)
    told = ", ".join(names) + (f" and {more:,} more" if more else "")
    return f"{told}, from the internet" if cause.lead.public else told


def _what_fixes(finding: Finding) -> str:
    """The command and what it does, the question that it waits for, or what to do by hand."""
    fix = finding.proposal
    if fix is None:
        return one_line(finding.advice)
    if fix.safety is Safety.VALUE or not fix.edits:
        return one_line(fix.question)
    return one_line(f"batten fix{' --risky' if fix.safety is Safety.RISKY else ''}: {fix.title}")


def _counted(rest: Sequence[Cause], page: Page) -> Iterator[str]:
    """What is not read one by one: the controls of each severity; --verbose shows all in full."""
    yield page.style.rule(f"{words.plural(len(rest), 'more finding')}, shown in full by --verbose")
    for severity in reversed(Severity):
        found = Counter(c.lead.control for c in rest if c.severity is severity)
        if found:
            named = ", ".join(f"{slug} × {many}" if many > 1 else slug for slug, many in found.items())
            lead = f"{INDENT}{found.total():>4,} × "
            lines = wrap(named, page.width - len(lead) - WIDEST, COUNTED)
            name = page.style.severity(severity)
            yield f"{lead}{name}{' ' * (WIDEST - len(severity.label) - 2 * page.style.color)}{lines[0]}"
            yield from (" " * (len(lead) + WIDEST) + line for line in lines[1:])

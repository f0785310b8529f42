"""What to do first: all findings at a glance where they do not fit on a screen, the worst ones in full, the rest counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from batten.engine.causes import Cause
from batten.engine.proposals import work_out
from batten.model import Severity
from batten.reports import words
from batten.reports.first import Slot, apart_from_rest, brief, first_of, more, slots
from batten.reports.legible import one_line
from batten.reports.terminal_findings import in_full
from batten.reports.terminal_page import INDENT, Page
from batten.reports.terminal_style import fit, wrap

FEW = 45  # lines; findings that fit into them are shown in full, without a list before them
LISTED = 10  # findings of the list
BRIEF = 20  # lines of findings in full that follow the list
COUNTED = 2  # lines about the rest of a severity
WIDEST = 10  # columns of a severity's name, blanks included
WORKED_OUT = 20  # findings whose fixes are told at most: those of the list, and those in full


def findings(page: Page) -> Iterator[str]:
    """The findings that count: in full where they are few, otherwise what to do first, then the worst in full; the rest is
    counted."""
    found = page.causes
    asked, left = apart_from_rest(found, page.outcome.gate)
    work_out((c.lead for c in (found if page.verbose else asked[:WORKED_OUT])), edits=False)
    if page.verbose:
        yield from _list(slots(asked)[:LISTED], page)
        yield from ("",) if asked else ()
        yield from _apart_by_blanks(list(_within(found, page, BRIEF, reasons=True)))
        return
    shown = list(_within(asked, page, FEW, reasons=True))
    if len(shown) == len(asked):
        yield from _apart_by_blanks(shown)
        rest = left
    else:
        first = slots(asked)[:LISTED]
        yield from _list(first, page)
        yield ""
        shown = list(_within(asked, page, BRIEF, reasons=False))
        yield from _apart_by_blanks(shown)
        told = {id(slot.cause) for slot in first} | {id(cause) for cause in asked[: len(shown)]}
        rest = [*(cause for cause in first_of(asked) if id(cause) not in told), *left]
    if rest:
        yield from ("",) if asked else ()
        # What is not read one by one: the controls of each severity; --verbose shows all in full.
        yield page.style.rule(f"{words.plural(len(rest), 'more finding')}, shown in full by --verbose")
        for severity in reversed(Severity):
            counted_found = Counter(c.lead.control for c in rest if c.severity is severity)
            if counted_found:
                named = ", ".join(
                    f"{slug} × {many}" if many > 1 else slug for slug, many in counted_found.items()
                )
                lead = f"{INDENT}{counted_found.total():>4,} × "
                lines = wrap(named, page.width - len(lead) - WIDEST, COUNTED)
                name = page.style.severity(severity)
                yield f"{lead}{name}{' ' * (WIDEST - len(severity.label) - 2 * page.style.color)}{lines[0]}"
                yield from (" " * (len(lead) + WIDEST) + line for line in lines[1:])


def _within(found: Sequence[Cause], page: Page, room: int, *, reasons: bool) -> Iterator[list[str]]:
    """Findings in full while there is room for them; all with --verbose. With `reasons`, the first of each control says
    why it matters."""
    told: set[str] = set()
    for cause in found[: None if page.verbose else WORKED_OUT]:
        first = cause.lead.control not in told
        lines = in_full(cause, page, reasons and first, more=first, listed=not reasons)
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


def _list(first: Sequence[Slot], page: Page) -> Iterator[str]:
    """Two lines a control: how bad and what is wrong; which control, how much more of it there is, where, and what fixes it."""
    yield page.style.rule(f"what to do first: {words.findings(page.causes)}")
    for number, slot in enumerate(first, 1):
        cause = slot.cause
        lead = f"{INDENT}{number:>2}  "
        name = page.style.severity(cause.severity)
        room = page.width - len(lead) - len(cause.severity.label) - 4
        yield f"{lead}{name}  {fit(one_line(cause.message), room)}"
        control, *where = brief(cause)
        told = fit(" · ".join(filter(None, (control, more(slot), *where))), page.width - len(lead))
        yield " " * len(lead) + page.style.paint(told, "dim")

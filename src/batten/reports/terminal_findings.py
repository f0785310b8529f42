"""A finding in the terminal's report: its place, its line, who reaches it, what fixes it; and how many more there are."""

from __future__ import annotations

from collections.abc import Iterable

from batten.engine.causes import Cause
from batten.model import Context, Finding, Kind, Location, State
from batten.reports import words
from batten.reports.evidence import answered, asked
from batten.reports.excerpt import Excerpt, excerpt
from batten.reports.legible import cells, one_line
from batten.reports.terminal_page import INDENT, LABEL, Page, labelled
from batten.reports.terminal_style import fit, wrap

MOST_LINES = 9  # of a finding
MESSAGE_LINES = 2
MOST_NAMED = 3  # places beside the first; --verbose names all


def in_full(cause: Cause, page: Page, reason: bool, more: bool = False, listed: bool = False) -> list[str]:
    """All that is said of a finding; `reason`: why its control matters, too; `more`: what explains it; `listed`: a list before
    it says already whether it was seen live."""
    finding = cause.lead
    seen = excerpt(finding, page.workspace, page.hidden)
    source, caret = _source(seen, page) if seen else (_answer(finding, page), [])
    lines = wrap(one_line(cause.message), page.width - len(INDENT), MESSAGE_LINES)
    head = [_head(finding, page), *[INDENT + line for line in lines]]
    why = labelled("why", one_line(finding.why), page, 2) if reason and finding.why else []
    if not finding.reach:
        reach: list[str] = []
    else:
        reach = labelled("reach", " → ".join(one_line(hop) for hop in finding.reach), page)
    others = [one_line(words.spot(f)) for f in cause.places[1:]]
    inner = [one_line(words.where(at, page.workspace)) for f in cause.places for at in f.also]
    names = list(dict.fromkeys((*others, *inner)))
    # The callers whose arguments decide what is found in the file of a module.
    if not finding.at.through:
        called: list[str] = []
    else:
        called = labelled("called", f"by {_listed(_names(finding.related, page), page)}", page)
    slugs = cause.also_breaks
    if page.verbose:
        told = (f"{f.control} at {words.spot(f)}: {f.message}" for f in cause.covered)
        breaks: list[str] = [line for text in told for line in labelled("breaks", one_line(text), page)]
    else:
        breaks = labelled("breaks", f"{words.joined(list(slugs))}, too", page) if slugs else []
    tail = [
        *reach,
        *(labelled("also", f"at {_listed(names, page)}", page, 0 if page.verbose else 1) if names else []),
        *called,
        *breaks,
    ]
    tail += _other_side(cause, page, listed)
    tail += _fix(cause, page, 1 if len(tail) > 1 else 2)
    if more and finding.environment:
        tail += labelled("", f"→ {words.explanation(finding)}", page)
    for part in (caret, why):
        if page.verbose or len(head) + len(source) + len(caret) + len(why) + len(tail) <= MOST_LINES:
            break
        part.clear()
    return [*head, *source, *caret, *why, *tail]


def _head(finding: Finding, page: Page) -> str:
    style = page.style
    notes = [one_line(finding.environment)] if finding.environment else []
    if finding.context is not Context.PRODUCTION:
        notes.append(finding.context.value)
    if finding.state is not State.NEW:
        notes.append(finding.state.value)
    place = one_line(words.place(finding))
    line = f"{style.paint(place, 'bold')}  {style.severity(finding.severity)}  {finding.control}"
    return line + style.paint(f"  · {', '.join(notes)}" if notes else "", "dim")


def _source(seen: Excerpt, page: Page) -> tuple[list[str], list[str]]:
    """The line with its number, and what underlines its part. A long line is cut around that part."""
    style, gutter = page.style, f"{seen.number:>6} │ "
    room = page.width - len(gutter) - 2
    dedented = seen.before.lstrip()
    before = dedented if cells(dedented) <= room // 2 else "…" + dedented[-(room // 2) :]
    marked = fit(seen.marked, max(room - cells(before), 8)).rstrip()
    after = fit(seen.after, max(room - cells(before) - cells(marked), 1)).rstrip()
    line = style.paint(gutter, "dim") + before + style.paint(marked, "bold") + after
    more = f" … and {words.plural(seen.more, 'line')} more" if seen.more else ""
    under = " " * cells(before) + style.paint("^" * max(cells(marked), 1), "red") + style.paint(more, "dim")
    return [line], [style.paint(" " * 6 + " │ ", "dim") + under]


def _answer(finding: Finding, page: Page) -> list[str]:
    if finding.at.kind is not Kind.WIRE:
        return []
    lines = [asked(finding), *answered(finding)]
    return [page.style.paint("     │ ", "dim") + fit(line, page.width - 9) for line in lines]


def _other_side(cause: Cause, page: Page, listed: bool) -> list[str]:
    """Where files declare what was seen live, or where what they declare was seen."""
    declared = list(dict.fromkeys(one_line(text) for f in cause.places for text in words.declared(f)))
    seen = list(dict.fromkeys(one_line(text) for f in cause.places for text in words.seen_at(f)))
    if cause.lead.environment and not declared:
        beside = (at for f in cause.places for at in f.related if at.kind is not Kind.WIRE)
        declared = _names(beside, page)
    told = labelled("file", _listed(declared, page), page) if declared else []
    return told + (labelled("seen", f"live: {_listed(seen, page)}", page) if seen and not listed else [])


def _names(places: Iterable[Location], page: Page) -> list[str]:
    return list(dict.fromkeys(one_line(words.where(at, page.workspace)) for at in places))


def _listed(names: list[str], page: Page) -> str:
    most = len(names) if page.verbose else MOST_NAMED
    return ", ".join(names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")


def _fix(cause: Cause, page: Page, limit: int) -> list[str]:
    finding = cause.lead
    fix = finding.proposal
    if fix is None and (changed := words.changed_by_fix(finding)):
        return labelled("do", one_line(changed), page)
    if fix is None:
        return labelled("do", one_line(cause.advice), page, 0 if page.verbose else 2) if cause.advice else []
    breaks = f", may affect {one_line(fix.breaks)}" if fix.breaks else ""
    title = f"{one_line(fix.title)} ({words.SAFETY[fix.safety]}{breaks})"
    hint = one_line(words.hint(fix, finding))
    joined = f"{title} → {hint}" if hint else title
    if cells(joined) <= page.width - len(INDENT) - LABEL:
        return labelled("fix", joined, page)
    follow = labelled("", f"→ {hint}", page) if hint else []
    return [*labelled("fix", title, page, limit)[:2], *follow]

"""The findings of the HTML report: what to do first, then each in full, those of a severity together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from batten.engine.causes import Cause
from batten.engine.outcome import ExitCode
from batten.model import Finding, Severity, State
from batten.reports import words
from batten.reports.first import Slot, apart_from_rest, brief, more, slots
from batten.reports.html_evidence import brief_remedy, evidence, remedy
from batten.reports.html_filter import attributes, form
from batten.reports.html_text import code, codes, prose, section, text
from batten.reports.material import Page

LISTED = 10  # findings of the list
FEW = 5  # so many need no list
SHOWN = 10  # places beside the first with their lines and fixes
UNFOLDED = 40  # with more findings than these, the changes are folded


def findings(page: Page, every: Sequence[Cause]) -> str:
    """The list, the filter and all findings that count; what it means that there are none."""
    if not every:
        match page.outcome.exit_code:
            case ExitCode.INCOMPLETE if page.outcome.empty:
                empty_note = 'Nothing was assessed, so nothing is known: <a href="#problems">what to do</a>.'
            case ExitCode.INCOMPLETE:
                empty_note = 'None in what was assessed; <a href="#problems">not everything was</a>.'
            case _:
                empty_note = "None that count."
        return section("findings", "Findings", f'<p class="calm">{empty_note}</p>{form(page.outcome, every)}')
    numbers = {id(cause): index for index, cause in enumerate(every, 1)}
    groups = "".join(_group(severity, page, every, numbers) for severity in reversed(Severity))
    nothing = '<p id="nothing" class="calm" hidden>No finding matches the filter.</p>\n'
    if len(every) <= FEW:
        first = ""
    else:
        asked, _ = apart_from_rest(every, page.outcome.gate)
        rows = "".join(_brief(slot, numbers[id(slot.cause)]) for slot in slots(asked)[:LISTED])
        if not rows:
            first = ""
        else:
            first = section("first", "What to do first", f"<ol>{rows}</ol>")
    return f'{first}<div id="findings">{form(page.outcome, every)}{nothing}{groups}</div>\n'


def anchors(every: Sequence[Cause]) -> dict[tuple[str, str], str]:
    """Where the first finding of a control in an environment ("" for files) is in the page."""
    made: dict[tuple[str, str], str] = {}
    for index, cause in enumerate(every, 1):
        for finding in (*cause.places, *cause.covered):
            made.setdefault((finding.control, finding.environment), f"f{index}")
    return made


def _brief(slot: Slot, number: int) -> str:
    cause = slot.cause
    control, *told = brief(cause)
    told = [*filter(None, (more(slot),)), *told]
    return (
        f'<li data-of="f{number}">{_badge(cause.severity)} <a href="#f{number}">{prose(cause.message)}</a>'
        f'<p class="dim">{code(control)} · {" · ".join(map(prose, told))}</p></li>\n'
    )


def _badge(severity: Severity) -> str:
    return f'<span class="badge {severity.label}">{severity.label}</span>'


def _group(severity: Severity, page: Page, every: Sequence[Cause], numbers: dict[int, int]) -> str:
    found = [cause for cause in every if cause.severity is severity]
    if not found:
        return ""
    unfolded = len(every) <= UNFOLDED
    told = "".join(_article(cause, numbers[id(cause)], page, unfolded) for cause in found)
    label = severity.label
    return (
        f'<section id="{label}" aria-labelledby="{label}-title"><h2 id="{label}-title">{label.capitalize()} '
        f'<span class="dim">{len(found):,}</span></h2>\n{told}</section>\n'
    )


def _article(cause: Cause, number: int, page: Page, unfolded: bool) -> str:
    finding = cause.lead
    state = finding.state.value if finding.state is not State.NEW or page.outcome.command == "check" else ""
    notes = (
        f'<a href="#c-{escape(finding.control)}">{code(finding.control)}</a>',
        text(finding.environment),
        text(state),
        "reachable from the internet" if finding.public else "",
    )
    # The other places, and those of the other controls, folded: the first with their lines and their fixes.
    others = (*cause.places[1:], *cause.covered)
    if not others:
        more_places = ""
    else:
        told = "".join(_place(f, cause, page) for f in others[:SHOWN])
        rest = "".join(f"<li>{_placed(f, cause)}</li>" for f in others[SHOWN:])
        named = f"<ul>{rest}</ul>" if rest else ""
        # `3 more places and 2 findings of other controls`.
        places, covered = len(cause.places) - 1, len(cause.covered)
        more = words.plural(places, "more place") if places else ""
        other_places = words.joined(
            [
                *filter(
                    None, (more, f"{words.plural(covered, 'finding')} of other controls" if covered else "")
                )
            ]
        )
        more_places = f"<details><summary>{other_places}</summary>{told}{named}</details>"
    facts_finding = cause.lead
    rows = {
        "to do": prose(cause.advice),
        "more": code(words.explanation(facts_finding)) if cause.fingerprint in page.explained else "",
        "declared": codes(_unique(words.declared(f) for f in cause.places)),
        "fix": prose(words.changed_by_fix(facts_finding)),
        "seen live": codes(_unique(words.seen_at(f) for f in cause.places)),
        "why": prose(facts_finding.why),
        "reach": text(" → ".join(facts_finding.reach)),
        "also at": codes(words.where(at, page.workspace) for at in facts_finding.also),
        "related": codes(words.where(at, page.workspace) for at in facts_finding.related),
        "also breaks": codes(cause.also_breaks),
    }
    facts_told = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in rows.items() if value)
    facts = f"<dl>{facts_told}</dl>" if facts_told else ""
    return (
        f'<article id="f{number}" class="{finding.severity.label}"{attributes(cause)}><h3>{_badge(finding.severity)} '
        f'{prose(cause.message)}</h3><p class="dim">{" · ".join(filter(None, notes))}</p>'
        f'<p class="place">{code(words.place(finding))}</p>{evidence(finding, page)}{facts}'
        f"{remedy(finding, page, unfolded=unfolded)}{more_places}</article>\n"
    )


def _place(finding: Finding, cause: Cause, page: Page) -> str:
    same = finding.at == cause.lead.at
    return (
        f'<p class="place">{_placed(finding, cause)}</p>'
        f"{'' if same else evidence(finding, page)}{brief_remedy(finding, page)}"
    )


def _placed(finding: Finding, cause: Cause) -> str:
    """Where it is, and what is said of it: by which control, where that is another one."""
    other = f" {code(finding.control)}" if finding.control != cause.lead.control else ""
    return f"{code(words.place(finding))}{other}: {prose(finding.message)}"


def _unique(told: Iterable[list[str]]) -> list[str]:
    return list(dict.fromkeys(text for texts in told for text in texts))

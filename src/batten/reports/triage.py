"""What `batten triage` shows: one finding with the lines around it, and how precise findings were."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from batten.engine.causes import Cause
from batten.engine.precision import Precision, Share, Tally
from batten.formats import Unreadable, Workspace
from batten.masking import budget
from batten.model import Finding, Kind
from batten.reports import words
from batten.reports.encoded import encoded
from batten.reports.evidence import answered, asked
from batten.reports.excerpt import excerpt
from batten.reports.legible import legible, one_line
from batten.reports.masks import Masks
from batten.reports.terminal_style import Style, fit, wrap

AROUND = 4  # lines before and after the finding's own
KEYS = "u useful · n noise · f false · s skip · b back · q quit"
MOST_PLACES = 6


def card(cause: Cause, workspace: Workspace, hidden: Masks, style: Style, count: str) -> str:
    """A finding as one judges it; `count` says how many of how many, such as `3/40`."""
    finding = cause.lead
    title = f"{finding.control}/{finding.case}"
    place = style.paint(one_line(words.place(finding)), "bold")
    head = f"{place}  {style.severity(finding.severity)}  {title}"
    lines = [style.rule(count), head, *_told(cause.message, style), ""]
    wire = finding.at.kind is Kind.WIRE
    lines += _answer(finding, style) if wire else _source(finding, workspace, hidden, style)
    lines += ["", *_notes(cause, workspace, style)]
    return "\n".join(lines)


def _told(text: str, style: Style) -> Iterator[str]:
    for line in wrap(one_line(text), style.width - 2):
        yield f"  {line}"


def _answer(finding: Finding, style: Style) -> Iterator[str]:
    for line in (asked(finding), *answered(finding)):
        yield style.paint("     │ ", "dim") + fit(line, style.width - 9)


def _source(finding: Finding, workspace: Workspace, hidden: Masks, style: Style) -> Iterator[str]:
    """The lines around the finding's first one, which is marked."""
    try:
        text = workspace.text(finding.at.source)
    except Unreadable:
        return
    own = finding.region.line if finding.region else 1
    seen = excerpt(finding, workspace, hidden)
    last = text.text.count("\n") + (not text.text.endswith("\n"))
    for number in range(max(own - AROUND, 1), min(own + AROUND, last) + 1):
        line = hidden.line(text, number)
        if number == own and budget.CUT in line and seen is not None:
            line = f"{seen.before[-style.width // 3 :]}{seen.marked}{seen.after}"
        shown = fit(legible(line.replace("\t", "    ").rstrip()), style.width - 10)
        gutter = f"{'>' if number == own else ' '}{number:>5} │ "
        yield style.paint(gutter, "dim") + (style.paint(shown, "bold") if number == own else shown)


def _notes(cause: Cause, workspace: Workspace, style: Style) -> Iterator[str]:
    finding = cause.lead
    others = [words.place(place) for place in cause.places[1:]]
    others += [words.where(at, workspace) for place in cause.places for at in place.also]
    places = list(dict.fromkeys(map(one_line, others)))
    more = f" and {len(places) - MOST_PLACES} more" if len(places) > MOST_PLACES else ""
    notes = {
        "reach": " → ".join(map(one_line, finding.reach)),
        "also": ", ".join(places[:MOST_PLACES]) + more,
        "breaks": ", ".join(cause.also_breaks),
        "why": one_line(finding.why),
        "do": one_line(finding.advice),
    }
    for label, text in notes.items():
        for number, line in enumerate(wrap(text, style.width - 9) if text else ()):
            yield "  " + style.paint(f"{'' if number else label:<7}", "cyan") + line


def figures_text(found: Precision) -> str:
    """The figures for people, the worst controls first."""
    total = found.total
    if not total.all:
        return "no verdicts\n"
    width = max(len(tally.name) for tally in (*found.controls, *found.stacks))
    lines = [
        f"{words.plural(total.all, 'verdict')} on {words.plural(len(found.stacks), 'stack')}",
        f"useful     {_percent(total.usefulness)}",
        f"not false  {_percent(total.truth)}",
        "",
        f"{'control':<{width}}  {'useful':>6}  {'noise':>6}  {'false':>6}",
        *(_row(tally, width) for tally in found.controls),
        "",
        f"{'stack':<{width}}  {'useful':>6}  {'noise':>6}  {'false':>6}",
        *(_row(tally, width) for tally in found.stacks),
    ]
    return "\n".join(lines) + "\n"


def _percent(part: Share) -> str:
    return f"{part.value:6.1%}  ({part.count} of {part.of}, 95 % interval {part.low:.1%} to {part.high:.1%})"


def _row(tally: Tally, width: int) -> str:
    return f"{one_line(tally.name):<{width}}  {tally.useful:>6}  {tally.noise:>6}  {tally.false:>6}"


class JsonShare(msgspec.Struct, frozen=True):
    """Parts of 1, with the 95 % interval."""

    count: int
    of: int
    share: float
    low: float
    high: float


class JsonTally(msgspec.Struct, frozen=True):
    name: str
    verdicts: int
    noise: int
    false: int
    useful: JsonShare
    not_false: JsonShare


class JsonPrecision(msgspec.Struct, frozen=True):
    version: int
    total: JsonTally
    controls: list[JsonTally]
    stacks: list[JsonTally]


def figures_json(found: Precision) -> str:
    """The same for programs, `version` 1."""
    controls, stacks = map(_tally, found.controls), map(_tally, found.stacks)
    return encoded(JsonPrecision(1, _tally(found.total), list(controls), list(stacks)))


def _tally(tally: Tally) -> JsonTally:
    useful, truth = _share(tally.usefulness), _share(tally.truth)
    return JsonTally(tally.name, tally.all, tally.noise, tally.false, useful, truth)


def _share(part: Share) -> JsonShare:
    return JsonShare(part.count, part.of, round(part.value, 4), round(part.low, 4), round(part.high, 4))

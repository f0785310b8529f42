"""The filter of the HTML report: what each finding can be found by, and the form. Without a script neither is in the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape

from batten.engine.causes import Cause, causes
from batten.engine.outcome import Outcome
from batten.model import Context, Severity, State
from batten.reports.html_text import text
from batten.reports.legible import one_line

FILES = "files"
FEW = 3  # findings that need no filter
USUAL = {"context": Context.PRODUCTION.value, "where": FILES, "state": State.NEW.value}
SELECTED = ("control", "technology", "context", "where", "state")


def attributes(cause: Cause) -> str:
    """What the filter compares, as attributes, without what most have. Words are apart by blanks; `where` is one word for
    the files, or a name behind a colon."""
    words = {"severity": [cause.severity.label], **_words(cause)}
    return "".join(
        f' data-{name}="{escape(" ".join(values))}"'
        for name, values in words.items()
        if values and values != [USUAL.get(name)]
    )


def place_of(environment: str) -> str:
    """The word of an environment in the attribute `where`."""
    return f":{one_line(environment)}" if environment else FILES


def _words(cause: Cause) -> dict[str, list[str]]:
    every = (*cause.places, *cause.covered)
    return {
        "control": _once(f.control for f in every),
        "technology": _once(f.technology for f in every),
        "context": [cause.lead.context.value],
        "where": [place_of(cause.lead.environment)],
        "state": [cause.lead.state.value],
    }


def _once(values: Iterable[str]) -> list[str]:
    return list(filter(None, dict.fromkeys(values)))


def form(outcome: Outcome, every: Sequence[Cause]) -> str:
    """The form, where there are more than a few findings; it is shown by the script alone, without which it could not do
    anything."""
    listed = [*every, *causes(outcome.apart), *causes(outcome.suppressed)]
    if len(listed) <= FEW:
        return ""
    counted = Counter(cause.severity for cause in listed)
    severities = "".join(
        f'<label class="{s.label}"><input type="checkbox" name="severity" value="{s.label}"> {s.label}</label>'
        for s in reversed(Severity)
        if counted[s]
    )
    # A choice for each thing in which findings differ.
    selects: list[str] = []
    words = [_words(cause) for cause in listed]
    for name in SELECTED:
        selects_counted = Counter(value for one in words for value in one[name])
        if len(selects_counted) > 1:
            options = "".join(
                f'<option value="{escape(value)}">{text(value.removeprefix(":"))} ({count:,})</option>'
                for value, count in sorted(selects_counted.items())
            )
            selects.append(
                f'<label>{name.capitalize()}<select name="{name}"><option value="">all</option>{options}</select></label>'
            )
    return (
        '<form id="filter" role="search" aria-label="Filter the findings" hidden>'
        '<label>Search<input type="search" name="text" autocomplete="off" placeholder="file, service, header …"></label>'
        f"{''.join(selects)}<fieldset><legend>Severity</legend>{severities}</fieldset>"
        '<p><output id="shown"></output> <button type="reset">Clear the filter</button></p></form>\n'
    )

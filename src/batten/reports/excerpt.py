"""The line a finding is about, fit to show."""

from __future__ import annotations

from bisect import bisect_right

from batten.formats import Unreadable, Workspace
from batten.formats.document import Text
from batten.masking import budget, window
from batten.model import Finding, Kind, Region
from batten.model.record import record
from batten.reports.legible import legible
from batten.reports.masks import Masks, line_span

TAB = "    "
MARKED = budget.LINE - 2 * budget.FLANK  # characters of the middle part, in a line that is not shown whole


@record
class Excerpt:
    """One line in three parts, the middle one being what the finding is about; a long one is cut around it, which "…" shows.
    "…" is all where the report has repeated as much of the file as its budget allows."""

    number: int
    before: str
    marked: str
    after: str
    more: int = 0  # lines the region goes on for

    @property
    def text(self) -> str:
        return self.before + self.marked + self.after


def excerpt(finding: Finding, workspace: Workspace, hidden: Masks) -> Excerpt | None:
    """None for what was seen on the wire, and for a file that cannot be read any more."""
    region = finding.region
    if region is None or finding.at.kind is Kind.WIRE:
        return None
    try:
        source = workspace.text(finding.at.source)
    except Unreadable:
        return None
    more = max(region.end_line - region.line - (region.end_column == 1), 0)
    first, last = line_span(source, region.line)
    start, end = _about(source, region, finding.at.kind)
    start, end = _widened(start, end, first, hidden.spans(source))
    start, end = max(start, first), min(max(end, start), last)
    before, after = window(start, end, first, last)
    shown = [hidden.part(source, *where) for where in ((before, start), (start, end), (end, after))]
    if last - first > budget.LINE and end - start > MARKED:
        tail = MARKED // 3
        shown[1] = (
            f"{hidden.part(source, start, start + MARKED - tail)}{budget.CUT}{hidden.part(source, end - tail, end)}"
        )
    shown[0] = budget.CUT * (before > first) + shown[0]
    shown[2] += budget.CUT * (after < last)
    if not hidden.affords(source, sum(map(len, shown))):
        return Excerpt(region.line, "", budget.CUT, "", more)
    first_part, middle, rest = map(_shown, shown)
    return Excerpt(region.line, first_part, middle, rest, more)


def _about(source: Text, region: Region, kind: Kind) -> tuple[int, int]:
    """From where to where of its line a finding is about: all of it where that is a block, unless it is a long line, which
    holds many of them."""
    first, last = line_span(source, region.line)
    if kind is Kind.BLOCK and last - first <= budget.LINE:
        line = source.text[first:last]
        return first + len(line) - len(line.lstrip()), first + len(line.rstrip())
    start = min(first + region.column - 1, last)
    end = min(first + region.end_column - 1, last) if region.end_line == region.line else last
    return start, max(start, end)


def _widened(start: int, end: int, first: int, secrets: list[tuple[int, int]]) -> tuple[int, int]:
    """The same with all of the secrets that are partly in it, of which one mask is shown."""
    for at in range(bisect_right(secrets, start, key=lambda span: span[1]), len(secrets)):
        if secrets[at][0] >= end:
            break
        start, end = min(start, max(secrets[at][0], first)), max(end, secrets[at][1])
    return start, end


def _shown(text: str) -> str:
    return legible(text.replace("\t", TAB))

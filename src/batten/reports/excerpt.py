"""The line a finding is about, fit to show."""

from __future__ import annotations

from batten.formats import Unreadable, Workspace
from batten.masking import MASK
from batten.model import Finding, Kind
from batten.model.record import record
from batten.reports.legible import legible
from batten.reports.masks import Masks

TAB = "    "


@record
class Excerpt:
    """One line in three parts, the middle one being what the finding is about."""

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
        line = workspace.text(finding.at.source).line(region.line)
    except Unreadable:
        return None
    text, own = hidden.line(finding.at.source, region.line, line)
    end = region.end_column - 1 if region.end_line == region.line else len(line)
    start = region.column - 1
    if finding.at.kind is Kind.BLOCK:
        start, end = len(line) - len(line.lstrip()), len(line.rstrip())
    if own < end:
        start, end = min(start, own), len(text) if text.endswith(MASK) else min(end, len(text))
    start = min(start, len(text))
    end = max(end, start)
    more = max(region.end_line - region.line - (region.end_column == 1), 0)
    before, marked, after = text[:start], text[start:end], text[end:]
    return Excerpt(region.line, _shown(before), _shown(marked), _shown(after), more)


def _shown(text: str) -> str:
    return legible(text.replace("\t", TAB))

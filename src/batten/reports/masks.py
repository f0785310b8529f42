"""What no report may show: the lines that hold a secret."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from batten.formats import Unreadable, Workspace
from batten.formats.document import Text
from batten.live.evidence import HIDDEN, redact
from batten.model import Finding, Kind, Location, Region

SECRET_CONTROLS = frozenset({"secret-not-inline", "history-free-of-secrets"})
MASK = "•••"
SHORTEST = 4  # a shorter secret is too common a word to be looked for elsewhere
FLANKS = "\"'`;,()[]{} \t"

_KEY = re.compile(r"\s*(?:-\s+)?[\"']?[A-Za-z_][\w.-]*[\"']?\s*[:=]\s*")


@dataclass(slots=True)
class Masks:
    """For each source, how many characters of a secret's line may be shown, and the hidden texts."""

    shown: dict[str, dict[int, int]] = field(default_factory=dict)
    hidden: dict[str, set[str]] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)  # sources of which nothing may be shown

    def line(self, source: str, number: int, text: str) -> tuple[str, int]:
        """The line as it may be shown, and how many characters at its start are its own."""
        if source in self.whole:
            return MASK, 0
        keep = self.shown.get(source, {}).get(number)
        if keep is not None:
            return text[:keep] + MASK, keep
        clean = self.added(source, text)
        return clean, len(text) if clean == text else _common(clean, text)

    def hide(self, source: str, text: str) -> str:
        """The text without the source's secrets, wherever they stand in it."""
        for secret in sorted(self.hidden.get(source, ()), key=lambda s: (-len(s), s)):
            text = text.replace(secret, MASK)
        return text

    def added(self, source: str, text: str) -> str:
        """A line that a fix would write, as it may be shown."""
        return redact(self.hide(source, text)).replace(HIDDEN, MASK)

    def bares(self, source: str, text: str) -> bool:
        """Whether the text holds one of the source's secrets."""
        return source in self.whole or self.hide(source, text) != text


def masks(findings: Iterable[Finding], workspace: Workspace) -> Masks:
    """What the findings say must not be shown."""
    found = Masks()
    for finding in findings:
        if finding.control in SECRET_CONTROLS:
            for at in (finding.at, *finding.also, *finding.related):
                _note(at, workspace, found)
    return found


def _note(at: Location, workspace: Workspace, into: Masks) -> None:
    if at.kind is Kind.WIRE:
        return
    try:
        source = workspace.text(at.source)
    except Unreadable:
        return
    region = source.region(at)
    if region is None:
        into.whole.add(at.source)
        return
    for number in range(region.line, max(region.line, _last(region)) + 1):
        _note_line(source, number, region, at.kind, into)


def _last(region: Region) -> int:
    return region.end_line - 1 if region.end_column == 1 else region.end_line


def _note_line(source: Text, number: int, region: Region, kind: Kind, into: Masks) -> None:
    text = source.line(number)
    key = _KEY.match(text)
    keep = key.end() if key else 0
    if number > region.line:
        keep = len(text) - len(text.lstrip())
    elif kind is Kind.VALUE:
        keep = min(keep, region.column - 1)
    lines = into.shown.setdefault(source.path, {})
    lines[number] = min(keep, lines.get(number, keep))
    pieces = {text[keep:]}
    if kind is Kind.VALUE and number == region.line == region.end_line:
        pieces.add(text[region.column - 1 : region.end_column - 1])
    found = {p.strip(FLANKS) for p in pieces}
    into.hidden.setdefault(source.path, set()).update(p for p in found if len(p) >= SHORTEST)


def _common(one: str, two: str) -> int:
    return next(
        (i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two))
    )

"""What no report may show of a file: what its readers and the shapes of secrets say, and the lines of findings about them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from batten import masking
from batten.formats import Unreadable, Workspace
from batten.formats.document import Text
from batten.masking import MASK
from batten.model import Finding, Kind, Location, Region

SECRET_CONTROLS = frozenset({"secret-not-inline", "history-free-of-secrets"})
SHORTEST = 4  # a shorter secret is too common a word to be looked for elsewhere
LONG = 1000  # characters of a line
FLANKS = "\"'`;,()[]{} \t"

_KEY = re.compile(r"\s*(?:-\s+)?[\"']?[A-Za-z_][\w.-]*[\"']?\s*[:=]\s*")


@dataclass(slots=True)
class Hidden:
    """A source's secrets by their first characters: a line costs what it is long, however many there are."""

    secrets: set[str] = field(default_factory=set)
    lengths: dict[str, set[int]] = field(default_factory=dict)  # of the secrets that begin so

    def add(self, secret: str) -> None:
        if len(secret) >= SHORTEST:
            self.secrets.add(secret)
            self.lengths.setdefault(secret[:SHORTEST], set()).add(len(secret))

    def out_of(self, text: str) -> str:
        """The text with a mask where secrets stand; those that overlap have one together."""
        parts, shown = [], 0
        for start, end in self._places(text):
            parts += [text[shown:start], MASK]
            shown = end
        return "".join(parts) + text[shown:] if parts else text

    def _places(self, text: str) -> Iterator[tuple[int, int]]:
        start = end = -1
        for at in range(len(text) - SHORTEST + 1):
            for length in self.lengths.get(text[at : at + SHORTEST], ()):
                if text[at : at + length] in self.secrets:
                    if at >= end:
                        if end > 0:
                            yield start, end
                        start = at
                    end = max(end, at + length)
        if end > 0:
            yield start, end


@dataclass(slots=True)
class Masks:
    """For each source, how many characters of a secret's line may be shown, and the hidden texts."""

    shown: dict[str, dict[int, int]] = field(default_factory=dict)
    hidden: dict[str, Hidden] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)  # sources of which nothing may be shown
    workspace: Workspace | None = None
    spans: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    long: tuple[tuple[str, int, str], tuple[str, int]] | None = None  # the last long line that was asked for

    def line(self, source: str, number: int, text: str) -> tuple[str, int]:
        """The line as it may be shown, and how many characters at its start are its own. A long one, of which many
        findings may be, is worked out once."""
        if len(text) < LONG:
            return self._line(source, number, text)
        if self.long is None or self.long[0] != (source, number, text):
            self.long = ((source, number, text), self._line(source, number, text))
        return self.long[1]

    def _line(self, source: str, number: int, text: str) -> tuple[str, int]:
        if source in self.whole:
            return MASK, 0
        keep = self.shown.get(source, {}).get(number)
        if keep is not None:
            head = self._cleaned(source, number, text)[:keep]
            kept = _common(head, text[:keep])
            return text[:kept] + MASK, kept
        clean = self.hide(source, self._cleaned(source, number, text))
        return clean, len(text) if clean == text else _common(clean, text)

    def _cleaned(self, source: str, number: int, text: str) -> str:
        """The line as the whole file shows it: what its neighbours say is known, too."""
        file = self._file(source)
        if file is None:
            return masking.masked(text)
        start = file.start_of(number)
        if not file.text.startswith(text, start):
            return masking.masked(text)
        return _without(text, start, self._spans(source, file))

    def _file(self, source: str) -> Text | None:
        try:
            there = self.workspace is not None and self.workspace.exists(source)
            return self.workspace.text(source) if there and self.workspace is not None else None
        except Unreadable:
            return None

    def _spans(self, source: str, file: Text) -> list[tuple[int, int]]:
        if source not in self.spans:
            self.spans[source] = masking.spans(file.text, source)
        return self.spans[source]

    def touches(self, source: str, start: int, end: int) -> bool:
        """Whether a secret is in this part of a file, as far as readers and the shapes of secrets show it."""
        file = self._file(source)
        return (
            file is None
            or source in self.whole
            or any(first < end and start < last for first, last in self._spans(source, file))
        )

    def text(self, source: str, start: int, end: int) -> str:
        """A part of a file, as it is; "" where it cannot be read."""
        file = self._file(source)
        return file.text[start:end] if file is not None else ""

    def hide(self, source: str, text: str) -> str:
        """The text without the source's secrets, wherever they stand in it."""
        hidden = self.hidden.get(source)
        return hidden.out_of(text) if hidden is not None else text

    def added(self, source: str, lines: list[str]) -> list[str]:
        """Lines that a fix would write, with their ends, as they may be shown."""
        text = "".join(lines)
        found = masking.spans(text)
        made, start = [], 0
        for line in lines:
            made.append(self.hide(source, _without(line, start, found)))
            start += len(line)
        return made

    def bares(self, source: str, text: str) -> bool:
        """Whether the text holds one of the source's secrets."""
        return source in self.whole or self.hide(source, text) != text or masking.bares(text)


def masks(findings: Iterable[Finding], workspace: Workspace) -> Masks:
    """What the findings say must not be shown."""
    found = Masks(workspace=workspace)
    for finding in findings:
        if finding.control in SECRET_CONTROLS:
            for at in (finding.at, *finding.also, *finding.related):
                _note(at, workspace, found)
    return found


def _without(line: str, start: int, spans: list[tuple[int, int]]) -> str:
    """The line at an offset of a text without what stands in the spans, in order and apart; its end stays."""
    end = start + len(line.rstrip("\r\n"))
    parts, at = [], start
    for number in range(bisect_right(spans, start, key=lambda span: span[1]), len(spans)):
        first, last = spans[number]
        if first >= end:
            break
        parts += [line[at - start : max(first, at) - start], MASK]
        at = min(last, end)
    if not parts:
        return line
    return "".join(parts) + line[at - start :]


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
    hidden = into.hidden.setdefault(source.path, Hidden())
    for piece in pieces:
        hidden.add(piece.strip(FLANKS))


def _common(one: str, two: str) -> int:
    return next(
        (i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two))
    )

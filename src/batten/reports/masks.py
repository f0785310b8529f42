"""What no report may show of a file: what its readers and the shapes of secrets say, and the lines of findings about them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from batten import masking
from batten.formats import Unreadable, Workspace
from batten.formats.document import Text
from batten.masking import MASK, budget
from batten.model import Finding, Kind, Location

SECRET_CONTROLS = frozenset({"secret-not-inline", "history-free-of-secrets"})
SHORTEST = 4  # characters by which a secret is looked for
PIECE = 200  # characters of a long secret that are compared at once
FLANKS = "\"'`;,()[]{} \t"

_KEY = re.compile(r"\s*(?:-\s+)?[\"']?[A-Za-z_][\w.-]*[\"']?\s*[:=]\s*")


@dataclass(slots=True)
class Hidden:
    """A source's secrets by their first characters: a line costs what it is long, however many there are."""

    secrets: set[str] = field(default_factory=set)
    lengths: dict[str, set[int]] = field(default_factory=dict)  # of the secrets that begin so

    def add(self, secret: str) -> None:
        """Look for it in every text of the source; a word is hidden only where it stands."""
        if not masking.telling(secret) and "\n" not in secret and len(secret) <= PIECE:
            return
        for at in range(0, len(secret), PIECE):
            piece = secret[min(at, max(len(secret) - PIECE, 0)) :][:PIECE]
            self.secrets.add(piece)
            self.lengths.setdefault(piece[:SHORTEST], set()).add(len(piece))

    def out_of(self, text: str) -> str:
        """The text with a mask where secrets stand; those that overlap have one together."""
        return masking.part(text, 0, len(text), masking.apart(self.places(text)))

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Where secrets stand in the text; those that overlap as one."""
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
    """For each source, the places and texts that findings about secrets name, beside those that readers and shapes show."""

    secret: dict[str, list[tuple[int, int]]] = field(default_factory=dict)  # spans
    hidden: dict[str, Hidden] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)  # sources of which nothing may be shown
    workspace: Workspace | None = None
    spent: dict[str, int] = field(
        default_factory=dict
    )  # characters that the report repeats of a source so far
    _spans: dict[str, tuple[str, list[tuple[int, int]]]] = field(
        default_factory=dict
    )  # beside the text that they are of

    def part(self, source: Text, start: int, end: int) -> str:
        """A part of a file's text as it may be shown: what the rest of the file says of it is known, and half a secret is
        hidden. It costs what it is long, once the file is known."""
        if source.path in self.whole:
            return MASK if start < end else ""
        return masking.part(source.text, start, end, self.spans(source))

    def affords(self, source: Text, length: int) -> bool:
        """Whether the report may repeat so many characters more of the file; they are counted then."""
        spent = self.spent.get(source.path, 0) + length
        if spent > budget.allowance(len(source.text)):
            return False
        self.spent[source.path] = spent
        return True

    def line(self, source: Text, number: int) -> str:
        """A line as it may be shown, a long one by its beginning and its end."""
        start, end = line_span(source, number)
        if end - start <= budget.LINE:
            return self.part(source, start, end)
        return f"{self.part(source, start, start + budget.LINE - budget.FLANK)}{budget.CUT}{self.part(source, end - budget.FLANK, end)}"

    def spans(self, source: Text) -> list[tuple[int, int]]:
        """What may not be shown of the file, in order and apart."""
        known = self._spans.get(source.path)
        if known is None or known[0] != source.text:
            found = masking.spans(source.text, source.path) + self.secret.get(source.path, [])
            hidden = self.hidden.get(source.path)
            if hidden is not None:
                found += hidden.places(source.text)
            known = self._spans[source.path] = (source.text, masking.apart(found))
        return known[1]

    def _file(self, source: str) -> Text | None:
        try:
            there = self.workspace is not None and self.workspace.exists(source)
            return self.workspace.text(source) if there and self.workspace is not None else None
        except Unreadable:
            return None

    def touches(self, source: str, start: int, end: int) -> bool:
        """Whether a secret is in this part of a file."""
        file = self._file(source)
        if file is None or source in self.whole:
            return True
        found = self.spans(file)
        at = bisect_right(found, start, key=lambda span: span[1])
        return at < len(found) and found[at][0] < end

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
        hidden = self.hidden.get(source)
        found = masking.apart(
            [*masking.spans(text, source), *(hidden.places(text) if hidden is not None else ())]
        )
        made, start = [], 0
        for line in lines:
            end = start + len(line.rstrip("\r\n"))
            made.append(masking.part(text, start, end, found) + line[end - start :])
            start += len(line)
        return made

    def written(self, source: str, text: str) -> str:
        """Text that a fix would write, as it may be shown."""
        return self.hide(source, masking.part(text, 0, len(text), masking.spans(text, source)))

    def bares(self, source: str, text: str) -> bool:
        """Whether the text holds one of the source's secrets."""
        return source in self.whole or self.hide(source, text) != text or masking.bares(text)


def line_span(source: Text, number: int) -> tuple[int, int]:
    """Where a line begins, and where it ends before its line end."""
    start, end = source.start_of(number), source.start_of(number + 1)
    while end > start and source.text[end - 1] in "\r\n":
        end -= 1
    return start, end


def masks(findings: Iterable[Finding], workspace: Workspace) -> Masks:
    """What the findings say must not be shown."""
    found = Masks(workspace=workspace)
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
    # The last line that the region has something of: an entry of YAML ends where the next one begins, behind its
    # indentation.
    start = source.start_of(region.end_line)
    text = source.text[start : start + region.end_column - 1]
    for number in range(
        region.line, max(region.line, region.end_line if text.strip() else region.end_line - 1) + 1
    ):
        # Hide the line behind its key; of a line that is longer than any that people write, only what the finding is
        # about.
        note_start, end = line_span(source, number)
        precise = at.kind is Kind.VALUE and number == region.line == region.end_line and at.span is not None
        hidden = into.hidden.setdefault(source.path, Hidden())
        if precise and at.span is not None:
            hidden.add(source.text[at.span.start : at.span.end].strip(FLANKS))
        if precise and at.span is not None and end - note_start > budget.LINE:
            into.secret.setdefault(source.path, []).append((at.span.start, at.span.end))
        else:
            note_text = source.text[note_start:end]
            key = _KEY.match(note_text)
            keep = key.end() if key else 0
            if number > region.line:
                keep = len(note_text) - len(note_text.lstrip())
            elif at.kind is Kind.VALUE and not (key is not None and _names_secret(key[0])):
                keep = min(keep, region.column - 1)
            into.secret.setdefault(source.path, []).append((note_start + keep, end))
            hidden.add(note_text[keep:].strip(FLANKS))


def _names_secret(key: str) -> bool:
    """Whether what stands before the sign is the name of a secret, and not the beginning of one: `- DB_PASSWORD=`."""
    return masking.holds_secret(key.strip(" \t-\"'=:"))

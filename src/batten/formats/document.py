from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from batten.model import Edit, Kind, Location, Region, Span

Tree = TypeVar("Tree")
MOST_STATEMENTS = 200_000  # lines, directives, values of one file; people write a hundredth of it
MOST_PROVED = 5_000_000  # characters that are read again to prove edits of one text

_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


class SyntaxProblem(Exception):
    """The text is not of its format: what is wrong, at which character offset, and what to do."""

    def __init__(self, message: str, offset: int, hint: str = "") -> None:
        super().__init__(message)
        self.offset = offset
        self.hint = hint


@dataclass(slots=True)
class Derived:
    """How a parser's tree follows from that of another one, `base`, of the same text. `lenient`: where the other cannot read a
    text, it is asked itself."""

    base: Callable[[str], Any]
    tree: Callable[[Any, int], Any]  # of the other's, and the text's length
    lenient: bool = False


# By parser, so that a file which several readers ask for is parsed once.
DERIVED: dict[Callable[[str], Any], Derived] = {}


class Uneditable(Exception):
    """The text cannot be changed as asked without changing more than that; the message says why."""


@dataclass(slots=True)
class Text:
    """A file's text as it is on disk (line ends untouched, byte order mark apart) and its lines."""

    path: str
    text: str
    bom: bool = False
    _starts: list[int] = field(default_factory=list)
    _proved: int = 0
    _regions: dict[tuple[int, int, Kind], Region] = field(
        default_factory=dict
    )  # many findings are of one block
    _newline: str = ""
    _astral: list[int] | None = None  # offsets of the characters that take two code units of UTF-16
    noted: dict[str, tuple[object, object]] = field(default_factory=dict)  # what was seen of a tree of it

    @property
    def newline(self) -> str:
        """What its lines end with."""
        if not self._newline:
            self._newline = "\r\n" if "\r\n" in self.text else "\n"
        return self._newline

    def prove(self) -> None:
        """Count that the whole text is read again to prove an edit. Raises Uneditable when it was read too often: a file
        of thousands of findings would take hours."""
        self._proved += len(self.text)
        if self._proved > MOST_PROVED:
            raise Uneditable("the file is too long to verify so many changes")

    def position(self, offset: int) -> tuple[int, int]:
        """1-based line and column of a character offset."""
        if not self._starts:
            self._starts = line_starts(self.text)
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line_of(self, offset: int) -> int:
        return self.position(offset)[0]

    def start_of(self, number: int) -> int:
        """The offset at which a 1-based line starts; the text's end past the last."""
        if not self._starts:
            self._starts = line_starts(self.text)
        return self._starts[number - 1] if number <= len(self._starts) else len(self.text)

    def line(self, number: int) -> str:
        """The text of a 1-based line, without its end; empty past the last."""
        if number < 1:
            return ""
        return self.text[self.start_of(number) : self.start_of(number + 1)].rstrip("\r\n")

    def astral(self, start: int, end: int) -> int:
        """How many characters from `start` to `end` take two code units of UTF-16."""
        if self._astral is None:
            self._astral = (
                [] if self.text.isascii() else [found.start() for found in _ASTRAL.finditer(self.text)]
            )
        return bisect_left(self._astral, end) - bisect_left(self._astral, start)

    @property
    def whole(self) -> Span:
        """Its lines but for the empty ones before them: a file that another one holds is shown below as many."""
        start = len(self.text) - len(self.text.lstrip())
        begin = max(self.text.rfind("\n", 0, start), self.text.rfind("\r", 0, start)) + 1
        return Span(begin if start < len(self.text) else 0, len(self.text))

    def region(self, at: Location) -> Region | None:
        """Where people look: a value's own span, or the first line of a block."""
        if at.span is None:
            return None
        key = (at.span.start, at.span.end, at.kind)
        known = self._regions.get(key)
        if known is None:
            line, column = self.position(at.span.start)
            end_line, end_column = self.position(at.span.end)
            if at.kind is Kind.BLOCK and end_line > line:
                end_line, end_column = line, len(self.line(line)) + 1
            known = self._regions[key] = Region(line, column, end_line, end_column)
        return known


@dataclass(slots=True)
class Document(Generic[Tree]):
    """A text and the tree that a format's parser made of it."""

    source: Text
    tree: Tree

    @property
    def path(self) -> str:
        return self.source.path

    @property
    def text(self) -> str:
        return self.source.text


def bounded(text: str, signs: str, most: int = MOST_STATEMENTS) -> None:
    """Refuse a text before it is parsed whose signs that end or begin something say that its tree would take gigabytes.
    Raises SyntaxProblem."""
    if len(text) > most and sum(map(text.count, signs)) > most:
        message = f"the file holds more than {most:,} statements or values"
        raise SyntaxProblem(message, 0, "list it under `ignore:` in batten.yaml if it is generated")


def line_starts(text: str) -> list[int]:
    starts = [0]
    at = text.find("\n")
    while at >= 0:
        starts.append(at + 1)
        at = text.find("\n", at + 1)
    return starts


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with the edits made; bytes outside their spans stay.

    Edits at one place are made in the order given; equal edits count once. Overlapping ones raise
    `ValueError`.
    """
    unique = list(dict.fromkeys(edits))
    ordered = sorted(enumerate(unique), key=lambda e: (e[1].span.start, e[1].span.end, e[0]))
    parts: list[str] = []
    at = 0
    for _, edit in ordered:
        if edit.span.start < at or edit.span.end > len(text):
            raise ValueError(f"edits overlap at offset {edit.span.start}")
        parts += (text[at : edit.span.start], edit.text)
        at = edit.span.end
    return "".join((*parts, text[at:]))

"""What helm made of a chart, led back to its files: batten's own rendering knows which line of values.yaml decides what, so the
documents in which both agree keep its places, and in others lines are put beside its lines, or beside the template's."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from batten.formats import SyntaxProblem, Workspace, yaml
from batten.formats.comparison import Opcode, opcodes
from batten.model import Span
from batten.model.record import record
from batten.technologies.shared.rendering.text import HOLE, Piece, Rendering

_SOURCE = re.compile(r"---\n# Source: (\S+)\n")
_MARK = re.compile(r"^---[ \t]*(?:#.*)?$", re.MULTILINE)
_KIND = re.compile(r"^kind:[ \t]*(\S+)", re.MULTILINE)
_NAME = re.compile(r"^metadata:[ \t]*\n(?:[ \t].*\n)*?[ \t]{1,20}name:[ \t]{0,20}(\S.*)$", re.MULTILINE)
_MOST_LINES = 5000
_MOST_HOLES = 100  # lines in which the one is looked for that helm filled


@record
class Part:
    """A document: the template that made it, and its place in a text. `random`: its lines that chance decides."""

    name: str
    text: str
    start: int
    random: frozenset[int] = frozenset()

    @property
    def bare(self) -> str:
        return "\n".join(line.rstrip() for line in self.text.strip().split("\n"))

    @property
    def object(self) -> tuple[str, str, str]:
        kind, name = _KIND.search(self.text), _NAME.search(self.text)
        return self.name, kind[1] if kind else "", name[1].strip("\"'") if name else ""

    def starts(self) -> list[int]:
        found = [self.start]
        for line in self.text.splitlines(keepends=True):
            found.append(found[-1] + len(line))
        return found


@dataclass(slots=True)
class _Text:
    """The text of a rendering while it is put together."""

    own: Rendering
    parts: list[str] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    length: int = 0

    def add(self, text: str, source: str, span: Span, exact: bool = False, unknown: bool = False) -> None:
        if text:
            self.pieces.append(Piece(self.length, self.length + len(text), source, span, exact, unknown))
            self.mark(text)

    def mark(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)

    def copy(self, start: int, end: int) -> None:
        """A run of batten's own text, with its places."""
        shift = self.length - start
        for piece in self.own.of(Span(start, end)) if end > start else ():
            first, last = max(piece.start, start), min(piece.end, end)
            if first < last:
                span = Span(piece.begins(first), piece.ends(last)) if piece.exact else piece.span
                self.pieces.append(replace(piece, start=first + shift, end=last + shift, span=span))
        self.mark(self.own.text[start:end])

    def beside(self, line: str, offset: int, unknown: bool) -> None:
        source, span = self.own.home(Span(offset, offset))
        self.add(line, source, span, unknown=unknown)


def traced(texts: Sequence[str], own: Rendering, main: str, workspace: Workspace) -> Rendering | None:
    """The rendering of helm's text. A second text, of another run, shows which lines chance decides; with one alone batten's
    own holes stay. None for what is no YAML."""
    try:
        yaml.parse_all(texts[0], later=True)
    except SyntaxProblem:
        return None
    ours = [
        p
        for name, span in own.parts.items()
        for p in _documents(name, own.text[span.start : span.end], span.start)
    ]
    made = _Text(own)
    helms: list[Part] = []
    lines = [text.split("\n") for text in texts]
    differ = (
        {n for n, pair in enumerate(zip(*lines, strict=False)) if len(set(pair)) > 1}
        if len(texts) > 1
        else set()
    )
    marks = [*_SOURCE.finditer(texts[0])]
    ends = [*(m.start() for m in marks[1:]), len(texts[0])]
    for found, after in zip(marks, ends, strict=False):  # no mark: nothing was made
        first = texts[0].count("\n", 0, found.end())
        text = texts[0][found.end() : after].rstrip("\n") + "\n"
        count = text.count("\n") + 1
        helms.append(
            Part(
                found[1],
                text,
                found.end(),
                frozenset(n - first for n in differ if first <= n < first + count),
            )
        )
    for _, part, beside in sorted(_matched(helms, ours), key=lambda row: row[0]):
        made.mark("\n---\n")
        if beside is not None and beside.bare == part.bare:
            made.copy(beside.start, beside.start + len(beside.text))
        elif beside is not None:
            _mixed(part, beside, made, holes=len(texts) == 1)
        else:
            _aligned(part, made, main, workspace)
    return Rendering(own.path, "".join(made.parts), made.pieces)


def _documents(name: str, text: str, start: int) -> Iterator[Part]:
    at = 0
    for end, after in [*((m.start(), m.end()) for m in _MARK.finditer(text)), (len(text), len(text))]:
        if text[at:end].strip():
            yield Part(name, text[at:end], start + at)
        at = after


def _matched(made: list[Part], ours: list[Part]) -> Iterator[tuple[int, Part, Part | None]]:
    """Each document of helm's with batten's own, and where that stands: the same text, else the same object."""
    left = dict(enumerate(ours))
    rest: list[Part] = []
    texts: dict[tuple[str, str], list[int]] = {}
    for n, part in left.items():
        texts.setdefault((part.name, part.bare), []).append(n)
    for part in made:
        same = texts.get((part.name, part.bare))
        if same:
            number = same.pop(0)
            yield number, part, left.pop(number)
        else:
            rest.append(part)
    for part in rest:
        found = next((n for n, p in left.items() if p.object == part.object), None)
        yield (len(ours), part, None) if found is None else (found, part, left.pop(found))


def _mixed(part: Part, beside: Part, made: _Text, holes: bool) -> None:
    """A document that both make, and not alike: lines that are the same keep their places."""
    lines, known = part.text.splitlines(keepends=True), beside.text.splitlines(keepends=True)
    starts = beside.starts()
    short = len(lines) <= _MOST_LINES and len(known) <= _MOST_LINES
    whole: list[Opcode] = [("replace", 0, len(lines), 0, len(known))]
    for tag, first, last, low, high in opcodes(lines, known) if short else whole:
        if tag == "equal":
            made.copy(starts[low], starts[high])
            continue
        for number in range(first, last):
            near = min(low + number - first, max(high - 1, low), len(known) - 1)
            open_ = (n for n in range(low, min(high, low + _MOST_HOLES)) if _fits(known[n], lines[number]))
            hole = next(open_, None) if holes else None
            if hole is not None:
                made.copy(starts[hole], starts[hole + 1])
            else:
                made.beside(lines[number], starts[near], number in part.random)


def _fits(known: str, line: str) -> bool:
    """Whether a line is what batten has with a hole in it."""
    before, hole, after = known.partition(HOLE)
    return (
        bool(hole) and line.startswith(before) and line.rstrip().endswith(after.rpartition(HOLE)[2].rstrip())
    )


def _aligned(part: Part, made: _Text, main: str, workspace: Workspace) -> None:
    """A document that only helm makes: lines that are in the template are its own; others are put beside the lines they
    replace."""
    below = posixpath.join(posixpath.dirname(main), part.name.partition("/")[2])
    source = below if workspace.exists(below) else main
    template = workspace.text(source).text
    lines, written = part.text.splitlines(keepends=True), template.splitlines(keepends=True)
    starts = Part("", template, 0).starts()
    short = len(lines) <= _MOST_LINES and len(written) <= _MOST_LINES
    whole: list[Opcode] = [("replace", 0, len(lines), 0, len(written))]
    for tag, first, last, low, high in opcodes(lines, written) if short else whole:
        for number in range(first, last):
            line, unknown = lines[number], number in part.random
            at = min(low + number - first, max(high - 1, low), max(len(written) - 1, 0))
            if tag == "equal":
                made.add(line, source, Span(starts[at], starts[at] + len(line)), exact=True)
            elif tag == "replace" and last - first == high - low:
                span = Span(starts[at], starts[at] + len(written[at].rstrip("\r\n")))
                made.add(line, source, span, unknown=unknown)
            else:
                near = min(low, max(len(written) - 1, 0))
                span = Span(starts[near], starts[min(max(high, near + 1), len(written))])
                made.add(line, source, span, unknown=unknown)

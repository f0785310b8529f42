"""Text that a tool makes of other files (Kustomize, Helm), and the way back from it to where things are written."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, TypeVar, cast

from batten.facts import Secret
from batten.formats import Workspace
from batten.model import UNKNOWN, Edit, Location, Problem, Setting, Span
from batten.model.record import record

T = TypeVar("T")
HOLE = "${unknown}"  # what readers of manifests take for a variable
_MARKS = frozenset("'\" \n")  # around a value
_MOST_BACK = 200  # lines of a value that are gone through for one that stands as deep as an added one
_EMPTY = ("{}", "[]")
_QUOTED = re.compile(r"""(["'])(.*)\1""", re.DOTALL)


@record
class Piece:
    """A run of the made text, and where it is written. `exact`: character by character. `origin`: where the
    value stands that was put there, when that is another place."""

    start: int
    end: int
    source: str
    span: Span
    exact: bool = False
    unknown: bool = False
    origin: tuple[str, Span] | None = None

    def begins(self, offset: int) -> int:
        return self.span.start + (offset - self.start if self.exact else 0)

    def ends(self, offset: int) -> int:
        return self.span.start + (offset - self.start) if self.exact else self.span.end


@dataclass(slots=True)
class Rendering:
    """`pieces` are in order. `nodes` are spans of whole values whose place is known better than by pieces; `parts` are the
    runs that one file made each, by its name."""

    path: str
    text: str
    pieces: list[Piece]
    nodes: dict[Span, tuple[str, Span]] = field(default_factory=dict)
    places: dict[Location, Location] = field(default_factory=dict)  # of what was relocated, back to the text
    parts: dict[str, Span] = field(default_factory=dict)
    _starts: list[int] = field(default_factory=list)

    def of(self, span: Span) -> list[Piece]:
        """The pieces that a span touches; at least the one it stands in."""
        if not self._starts:
            self._starts = [p.start for p in self.pieces]
        first = max(bisect_right(self._starts, span.start) - 1, 0)
        while first + 1 < len(self.pieces) and self.pieces[first].end <= span.start < span.end:
            first += 1
        last = bisect_right(self._starts, max(span.end - 1, span.start))
        return self.pieces[first : max(last, first + 1)]

    def unknown(self, span: Span) -> bool:
        return any(p.unknown for p in self.of(span))

    def place(self, at: Location) -> Location:
        """The same place where it is written."""
        if at.source != self.path or at.span is None or not self.pieces:
            return at
        known = self.nodes.get(at.span)
        if known is None:
            known = self._origin(at.span) or self.home(at.span)
        found = replace(at, source=known[0], span=known[1])
        self.places.setdefault(found, at)
        return found

    def _origin(self, span: Span) -> tuple[str, Span] | None:
        """The value that decides all of a span, quotes apart; or the values, when they are of one file."""
        shown = [
            p for p in self.of(span) if not _quote(self.text[max(p.start, span.start) : min(p.end, span.end)])
        ]
        origins = [p.origin for p in shown if p.origin is not None]
        if not shown or len(origins) != len(shown):
            return None
        if len({o[0] for o in origins}) > 1:
            return None
        start, end = min(o[1].start for o in origins), max(o[1].end for o in origins)
        return origins[0][0], Span(start, end)

    def home(self, span: Span) -> tuple[str, Span]:
        touched = self.of(span)
        first = touched[0]
        last = next(p for p in reversed(touched) if p.source == first.source)
        start = first.begins(span.start)
        end = last.ends(min(span.end, last.end)) if span.end > last.start else start
        return first.source, Span(start, max(start, end))

    def relocated(self, facts: Iterable[T]) -> Iterator[T]:
        """Facts read from the text, with every place where it is written and unknown values UNKNOWN."""
        for fact in facts:
            if isinstance(fact, Problem):
                yield cast(T, self._problem(fact))
                continue
            hidden = isinstance(fact, Secret) and fact.at.span is not None and self.hides(fact.at)
            if not hidden:
                yield cast(T, _moved(fact, self))

    def _problem(self, problem: Problem) -> Problem:
        if problem.source != self.path or not self.pieces:
            return problem
        offset = 0
        for _ in range(problem.line - 1):
            offset = self.text.find("\n", offset) + 1
        return replace(problem, source=self.home(Span(offset, offset))[0], line=0)

    def hides(self, at: Location) -> bool:
        return at.source == self.path and at.span is not None and self.unknown(at.span)

    def edit(self, edit: Edit, workspace: Workspace) -> Edit | None:
        """An edit of the text as one of the files; None where no file says what it changes."""
        if edit.source != self.path:
            return edit
        if edit.span.start == edit.span.end:
            # Behind the run that ends there: text is added after what it belongs to.
            offset = edit.span.start
            piece = self.of(Span(max(offset - 1, 0), offset))[0]
            apart = (
                piece.unknown
                or not piece.start <= offset <= piece.end
                or (not piece.exact and offset != piece.end)
            )
            if apart or edit.text.lstrip().startswith("---"):
                return None  # another object is no part of what is there
            if piece.origin is not None and self._beside(edit, piece):
                source, span = piece.origin
                text = workspace.text(source).text
                lines = self._indented(edit, text, span.end)
                end = _behind(lines, text, span.end)
                return Edit(source, Span(end, end), lines) if end is not None else None
            at = piece.ends(offset)
            return Edit(piece.source, Span(at, at), edit.text)
        origin = self._origin(edit.span)
        touched = self.of(edit.span)
        if origin is not None and len([p for p in touched if p.origin]) == 1:
            source, span = origin
            text = workspace.text(source).text
            if "\n" in edit.text or not edit.text:
                gap = len(text[: span.start]) - len(text[: span.start].rstrip(" "))
                lines = self._indented(edit, text, span.start)
                return Edit(source, Span(span.start - gap, span.end), lines)
            found = _QUOTED.fullmatch(edit.text.strip())
            quoted = any(
                p.origin is None and _quote(self.text[p.start : p.end].strip()) for p in self.of(edit.span)
            )
            return Edit(source, span, found[2] if found and quoted else edit.text.strip())
        first, last = touched[0], touched[-1]
        whole = all(p.exact for p in touched) and len({p.source for p in touched}) == 1
        span = Span(first.begins(edit.span.start), last.ends(edit.span.end))
        if not edit.text and first.exact and not self.text[first.end : edit.span.end].strip():
            # Lines to their ends; the line end may be another's in the text, where a template trims it.
            text = workspace.text(first.source).text
            end = first.ends(min(first.end, edit.span.end))
            end += 1 if edit.span.end > first.end and text[end : end + 1] == "\n" else 0
            return Edit(first.source, Span(first.begins(edit.span.start), end), "")
        if not whole or span.end - span.start != edit.span.end - edit.span.start:
            return None
        return Edit(first.source, span, edit.text)

    def _beside(self, edit: Edit, piece: Piece) -> bool:
        """Whether lines are added to what a value holds, not to what holds it: its key is of the value too."""
        line = edit.text.lstrip("\n")
        added = len(line) - len(line.lstrip(" "))
        end = piece.end
        for _ in range(_MOST_BACK):
            start = self.text.rfind("\n", 0, end) + 1
            pieces = self.of(Span(start, end))
            if not all(p.origin or not self.text[max(p.start, start) : p.end].strip() for p in pieces):
                return False
            indent = _indent(self.text, end)
            if indent <= added or start == 0:
                return edit.text.startswith("\n") and added == indent
            end = start - 1
        return False

    def _indented(self, edit: Edit, text: str, offset: int) -> str:
        """The lines of an edit as deep below the line at `offset` as they are below theirs."""
        deeper = _indent(text, offset) - _indent(self.text, edit.span.start)
        alone = self.text[: edit.span.start].rpartition("\n")[2].strip() in _EMPTY
        deeper += 2 if alone and text[:offset].endswith(_EMPTY) else 0  # it stands behind its key there
        first, *lines = edit.text.split("\n")
        moved = (" " * max(len(n) - len(n.lstrip(" ")) + deeper, 0) + n.lstrip(" ") for n in lines)
        return "\n".join((first, *moved))


def _behind(lines: str, text: str, offset: int) -> int | None:
    """Where lines go that continue the value that ends at an offset, or holds it: `toYaml` writes keys in another order. None
    where no line before it stands as deep as they do, in a file that indents in other steps."""
    added = _indent(lines, len(lines) if lines.count("\n") < 2 else lines.find("\n", 1))
    end = offset
    for _ in range(_MOST_BACK):
        indent = _indent(text, end)
        if indent <= added or end <= 0:
            break
        end = text.rfind("\n", 0, end)
    empty = text[:offset].endswith(_EMPTY)  # it stands behind its key
    if not empty and (indent != added or end <= 0):
        return None
    if empty or end == offset:
        return offset
    # The end of the last line from an offset on that stands deeper; empty lines and comments end no block.
    last = reached = offset
    for _ in range(_MOST_BACK):
        if reached >= len(text):
            break
        end = text.find("\n", reached + 1)
        end = len(text) if end < 0 else end
        line = text[reached:end].strip()
        if line and not (line.startswith("#") and reached > offset):
            if _indent(text, end) <= added:
                break
            last = end
        reached = end
    return last


def _indent(text: str, offset: int) -> int:
    line = text[text.rfind("\n", 0, offset) + 1 : offset]
    return len(line) - len(line.lstrip(" "))


def _quote(text: str) -> bool:
    return set(text) <= _MARKS


def _moved(value: Any, rendering: Rendering) -> Any:
    if isinstance(value, Location):
        return rendering.place(value)
    if isinstance(value, Setting):
        at = rendering.place(value.at)
        if rendering.hides(value.at):
            return Setting(UNKNOWN, at)
        return Setting(_moved(value.value, rendering), at, value.default)
    if isinstance(value, tuple):
        return tuple(_moved(item, rendering) for item in value)
    if isinstance(value, Mapping):
        return {key: _moved(item, rendering) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        changed = {f.name: _moved(getattr(value, f.name), rendering) for f in fields(value)}
        return type(value)(**changed)
    return value

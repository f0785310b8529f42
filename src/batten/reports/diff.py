"""Unified diffs of fixes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from batten.formats import Unreadable, Workspace, apply
from batten.formats.comparison import Opcode, opcodes
from batten.formats.document import Text
from batten.model import Edit, Fix, Span
from batten.model.record import record
from batten.reports.masks import Masks

CONTEXT = 3
NO_END = "\\ No newline at end of file\n"


@record
class Window:
    """Some lines of a file before and after, and how many lines lie in front of each."""

    before: list[str]
    after: list[str]
    old_start: int = 0
    new_start: int = 0


def text_diff(path: str, old: str, new: str, hidden: Masks | None = None, context: int = CONTEXT) -> str:
    """The unified diff that turns `old` into `new`; empty when they are the same.

    Line ends are shown as they are, so that `patch` takes it. With `hidden`, lines with a secret are masked.
    """
    return _headed(path, bool(old), _hunks(path, Window(_lines(old), _lines(new)), hidden, context))


def _headed(path: str, existed: bool, hunks: Iterable[str]) -> str:
    name = f"a/{path}" if existed else "/dev/null"
    body = "".join(hunks)
    return f"--- {name}\n+++ b/{path}\n{body}" if body else ""


def _hunks(path: str, window: Window, hidden: Masks | None, context: int) -> Iterator[str]:
    for group in _groups(opcodes(window.before, window.after), context):
        first, last = group[0], group[-1]
        old = _range(first[1] + window.old_start, last[2] + window.old_start)
        new = _range(first[3] + window.new_start, last[4] + window.new_start)
        yield f"@@ -{old} +{new} @@\n"
        for tag, i1, i2, j1, j2 in group:
            sign = " " if tag == "equal" else "-"
            for n in range(i1, i2):
                yield _line(sign, _kept(path, n + window.old_start, window.before[n], hidden))
            if tag != "equal":
                yield from (_line("+", line) for line in _added(path, window.after, j1, j2, hidden))


def _groups(found: list[Opcode], context: int) -> Iterator[list[Opcode]]:
    """Opcodes that share a hunk: those less than two contexts apart, with no more of what is equal around."""
    group: list[Opcode] = []
    for number, (tag, i1, i2, j1, j2) in enumerate(found):
        if tag != "equal":
            group.append((tag, i1, i2, j1, j2))
            continue
        first, last = number == 0, number == len(found) - 1
        if not first and not last and i2 - i1 <= 2 * context:
            group.append((tag, i1, i2, j1, j2))
            continue
        if not first:
            yield [*group, (tag, i1, min(i2, i1 + context), j1, min(j2, j1 + context))]
        group = [] if last else [(tag, max(i1, i2 - context), i2, max(j1, j2 - context), j2)]
    if any(opcode[0] != "equal" for opcode in group):
        yield group


def fix_diff(fix: Fix, workspace: Workspace, hidden: Masks | None = None, context: int = CONTEXT) -> str:
    """The unified diff of all files of a fix; empty when it has no edits, or they no longer fit."""
    return "".join(_diffs(fix, workspace, hidden, context))


def _diffs(fix: Fix, workspace: Workspace, hidden: Masks | None, context: int) -> Iterator[str]:
    for source in dict.fromkeys(e.source for e in fix.edits):
        edits = [e for e in dict.fromkeys(fix.edits) if e.source == source]
        try:
            old = workspace.text(source) if workspace.exists(source) else Text(source, "")
            windows = list(_windows(old, edits, context))
        except (Unreadable, ValueError):
            continue
        hunks = (hunk for window in windows for hunk in _hunks(source, window, hidden, context))
        yield _headed(source, bool(old.text), hunks)


def _windows(old: Text, edits: list[Edit], context: int) -> Iterator[Window]:
    """The lines around each group of edits that are near each other: a file may be a thousand times as
    long. Raises ValueError for edits that do not fit."""
    if any(e.span.end > len(old.text) for e in edits):
        raise ValueError("an edit reaches past the end")
    groups: list[list[Edit]] = []
    reached = -1
    for edit in sorted(edits, key=lambda e: e.span.start):
        first, last = old.line_of(edit.span.start), old.line_of(edit.span.end)
        if not groups or first > reached + 2 * context + 2:
            groups.append([])
        groups[-1].append(edit)
        reached = max(reached, last)
    grown = 0
    for group in groups:
        first = max(old.line_of(group[0].span.start) - context - 1, 1)
        last = old.line_of(max(e.span.end for e in group)) + context + 1
        start, end = old.start_of(first), old.start_of(last + 1)
        moved = [Edit(e.source, Span(e.span.start - start, e.span.end - start), e.text) for e in group]
        text = old.text[start:end]
        before, after = _lines(text), _lines(apply(text, moved))
        yield Window(before, after, first - 1, first - 1 + grown)
        grown += len(after) - len(before)


def _lines(text: str) -> list[str]:
    """Lines with their ends; unlike `splitlines`, only a line feed ends one."""
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _range(start: int, stop: int) -> str:
    length = stop - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def _line(sign: str, text: str) -> str:
    return f"{sign}{text}" if text.endswith("\n") else f"{sign}{text}\n{NO_END}"


def _added(path: str, lines: list[str], start: int, stop: int, hidden: Masks | None) -> list[str]:
    """The new lines; what stands in the line before tells what the first of them is."""
    if hidden is None or start == stop:
        return lines[start:stop]
    return hidden.added(path, lines[max(start - 1, 0) : stop])[start - stop :]


def _kept(path: str, number: int, text: str, hidden: Masks | None) -> str:
    if hidden is None:
        return text
    body = text.removesuffix("\n")
    return hidden.line(path, number + 1, body)[0] + text[len(body) :]

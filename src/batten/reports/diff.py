"""Unified diffs of fixes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import accumulate

from batten.formats import Unreadable, Workspace, apply
from batten.formats.comparison import Opcode, opcodes
from batten.formats.document import Text
from batten.masking import budget, shortened
from batten.model import Edit, Fix, Span
from batten.model.record import record
from batten.reports.masks import Masks, line_span

CONTEXT = 3
NO_END = "\\ No newline at end of file\n"
REST = "\\ … and more\n"
_TOKEN = re.compile(r"[^,;{}\[\]()<>\s]*[,;{}\[\]()<>\s]?")


@record
class Window:
    """Some lines of a file before and after, and how many lines lie in front of each."""

    before: list[str]
    after: list[str]
    old_start: int = 0
    new_start: int = 0


def text_diff(path: str, old: str, new: str, hidden: Masks | None = None, context: int = CONTEXT) -> str:
    """The unified diff that turns `old` into `new`; empty when they are the same.

    Line ends are shown as they are, so that `patch` takes it, unless a line that changes is longer than a report shows
    (`masking.budget`): it is cut around what changes. With `hidden`, lines with a secret are masked.
    """
    source = Text(path, old)
    if max(map(_longest, (old, new))) > budget.WHOLE:
        # Edits that make the new text of the old one, as small as the tokens between punctuation.
        changes: list[Edit] = []
        before, after = _lines(old), _lines(new)
        starts = [*accumulate(map(len, before), initial=0)]
        for tag, i1, i2, j1, j2 in opcodes(before, after):
            if tag == "equal":
                continue
            removed, added = before[i1:i2], after[j1:j2]
            if max(map(len, (*removed, *added))) > budget.LINE:
                removed, added = _TOKEN.findall("".join(removed)), _TOKEN.findall("".join(added))
            places = [*accumulate(map(len, removed), initial=starts[i1])]
            for inner, k1, k2, l1, l2 in opcodes(removed, added):
                if inner != "equal":
                    changes.append(Edit(path, Span(places[k1], places[k2]), "".join(added[l1:l2])))
        hunks = _edited(source, changes, hidden, context, budget.WHOLE)
    else:
        hunks = _hunks(source, Window(_lines(old), _lines(new)), hidden, context)
    return _headed(path, bool(old), hunks)


def _longest(text: str) -> int:
    return max(map(len, text.split("\n")))


def _headed(path: str, existed: bool, hunks: Iterable[str]) -> str:
    name = f"a/{path}" if existed else "/dev/null"
    body = "".join(hunks)
    return f"--- {name}\n+++ b/{path}\n{body}" if body else ""


def _hunks(source: Text, window: Window, hidden: Masks | None, context: int) -> Iterator[str]:
    for group in _groups(opcodes(window.before, window.after), context):
        first, last = group[0], group[-1]
        old = _range(first[1] + window.old_start, last[2] + window.old_start)
        new = _range(first[3] + window.new_start, last[4] + window.new_start)
        yield f"@@ -{old} +{new} @@\n"
        for tag, i1, i2, j1, j2 in group:
            sign = " " if tag == "equal" else "-"
            for n in range(i1, i2):
                yield _line(sign, _kept(source, n + window.old_start, window.before[n], hidden))
            if tag != "equal":
                yield from (_line("+", line) for line in _added(source.path, window.after, j1, j2, hidden))


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
    """The unified diff of all files of a fix; empty when it has no edits, or they no longer fit. A line that is longer than a
    report shows is cut around the edits, and so is a diff that is."""
    diffs: list[str] = []
    for source in dict.fromkeys(e.source for e in fix.edits):
        edits = [e for e in dict.fromkeys(fix.edits) if e.source == source]
        try:
            old = workspace.text(source) if workspace.exists(source) else Text(source, "")
            hunks = list(_within(_edited(old, edits, hidden, context, budget.LINE)))
        except (Unreadable, ValueError):
            continue
        if hidden is not None and not hidden.affords(old, sum(map(len, hunks))):
            hunks = [REST]
        diffs.append(_headed(source, bool(old.text), hunks))
    return "".join(diffs)


def is_long(fix: Fix) -> bool:
    """Whether a fix's edits are longer together than a report repeats."""
    return sum(len(edit.text) + budget.EACH_EDIT for edit in fix.edits) > budget.EDITS


def _within(lines: Iterable[str]) -> Iterator[str]:
    """The lines of a diff as far as the budget goes."""
    left = budget.DIFF
    for line in lines:
        if left <= 0:
            yield REST
            return
        yield line if len(line) <= budget.DIFF else f"{shortened(line[:-1], budget.DIFF)}\n"
        left -= len(line)


def _edited(old: Text, edits: list[Edit], hidden: Masks | None, context: int, most: int) -> Iterator[str]:
    """The hunks around each group of edits that are near each other: a file may be a thousand times as long, and so may one
    of its lines be, which is cut around them where it is longer than `most`. Raises ValueError for edits that do not fit."""
    grown = 0
    # The edits in groups whose lines share a hunk.
    if any(e.span.end > len(old.text) for e in edits):
        raise ValueError("an edit reaches past the end")
    groups: list[list[Edit]] = []
    reached = -1
    for edit in sorted(edits, key=lambda e: e.span.start):
        near_first, near_last = old.line_of(edit.span.start), old.line_of(edit.span.end)
        if not groups or near_first > reached + 2 * context + 2:
            groups.append([])
        groups[-1].append(edit)
        reached = max(reached, near_last)
    for group in groups:
        start, end = group[0].span.start, max(e.span.end for e in group)
        first, last = max(old.line_of(start) - context - 1, 1), old.line_of(end) + context + 1
        begin, finish = old.start_of(first), old.start_of(last + 1)
        if any(old.start_of(n + 1) - old.start_of(n) > most for n in range(first, last + 1)):
            yield from _narrow(old, group, hidden, grown, most)
            grown += sum(e.text.count("\n") - old.text.count("\n", e.span.start, e.span.end) for e in group)
            continue
        moved = [Edit(e.source, Span(e.span.start - begin, e.span.end - begin), e.text) for e in group]
        text = old.text[begin:finish]
        before, after = _lines(text), _lines(apply(text, moved))
        yield from _hunks(old, Window(before, after, first - 1, first - 1 + grown), hidden, context)
        grown += len(after) - len(before)


def _narrow(old: Text, edits: list[Edit], hidden: Masks | None, grown: int, most: int) -> Iterator[str]:
    """A hunk of long lines: what the edits change and what stands around it, with "…" for the rest."""
    first, last = old.line_of(edits[0].span.start), old.line_of(max(e.span.end for e in edits))
    begin, finish = old.start_of(first), line_span(old, last)[1]
    before, after, at, size = "", "", begin, 0
    for near in _adjoining(edits):
        start = max(begin, near[0].span.start - budget.FLANK)
        end = min(max(finish, near[-1].span.end), max(e.span.end for e in near) + budget.FLANK)
        if size > budget.DIFF:
            break
        gap = budget.CUT * (start > at)
        was, becomes = _piece(old, near, (start, end), hidden, most)
        before, after, at, size = (
            before + gap + was,
            after + gap + becomes,
            end,
            size + len(was) + len(becomes),
        )
    rest = budget.CUT * (at < finish)
    removed, added = (text.split("\n") if text else [] for text in (before + rest, after + rest))
    ranges = (
        _range(first - 1, first - 1 + len(removed)),
        _range(first - 1 + grown, first - 1 + grown + len(added)),
    )
    column = edits[0].span.start - begin + 1
    yield f"@@ -{ranges[0]} +{ranges[1]} @@ column {column:,}\n"
    yield from (f"-{line}\n" for line in removed)
    yield from (f"+{line}\n" for line in added)


def _adjoining(edits: list[Edit]) -> Iterator[list[Edit]]:
    """The edits, in order, in groups between which more stands than is shown around them."""
    group: list[Edit] = []
    for edit in edits:
        if group and edit.span.start - group[-1].span.end > 2 * budget.FLANK:
            yield group
            group = []
        group.append(edit)
    if group:
        yield group


def _piece(
    old: Text, edits: list[Edit], place: tuple[int, int], hidden: Masks | None, most: int
) -> tuple[str, str]:
    """A part of the text before the edits and after them, as it may be shown."""

    def kept(start: int, end: int) -> str:
        return hidden.part(old, start, end) if hidden is not None else old.text[start:end]

    was, becomes, at = [], [], place[0]
    for edit in edits:
        start, end = edit.span.start, edit.span.end
        same = kept(at, start)
        was += [
            same,
            kept(start, end)
            if end - start <= most
            else f"{kept(start, start + most * 2 // 3)}{budget.CUT}{kept(end - most // 3, end)}",
        ]
        becomes += [same, edit.text]
        at = end
    same = kept(at, place[1])
    text = "".join((*becomes, same))
    text = hidden.written(old.path, text) if hidden is not None else text
    return "".join((*was, same)), shortened(text, max(most, budget.EDITS))


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


def _kept(source: Text, number: int, text: str, hidden: Masks | None) -> str:
    if hidden is None:
        return text
    body = text.removesuffix("\n")
    start = source.start_of(number + 1)
    return hidden.part(source, start, start + len(body)) + text[len(body) :]

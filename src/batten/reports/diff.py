"""Unified diffs of fixes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher

from batten.formats import Unreadable, Workspace, apply
from batten.model import Fix
from batten.reports.masks import Masks

CONTEXT = 3
NO_END = "\\ No newline at end of file\n"


def text_diff(path: str, old: str, new: str, hidden: Masks | None = None, context: int = CONTEXT) -> str:
    """The unified diff that turns `old` into `new`; empty when they are the same.

    Line ends are shown as they are, so that `patch` takes it. With `hidden`, lines with a secret are masked.
    """
    before, after = _lines(old), _lines(new)
    start, cut = _alike(before, after, context)
    middle = SequenceMatcher(
        None, before[start : len(before) - cut], after[start : len(after) - cut], autojunk=False
    )
    parts: list[str] = []
    for group in middle.get_grouped_opcodes(context):
        shifted = [(tag, i1 + start, i2 + start, j1 + start, j2 + start) for tag, i1, i2, j1, j2 in group]
        first, last = shifted[0], shifted[-1]
        parts.append(f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@\n")
        for tag, i1, i2, j1, j2 in shifted:
            sign = " " if tag == "equal" else "-"
            parts += (_line(sign, path, n, before[n], hidden) for n in range(i1, i2))
            if tag != "equal":
                parts += (_line("+", path, None, after[n], hidden) for n in range(j1, j2))
    name = f"a/{path}" if old else "/dev/null"
    return "".join((f"--- {name}\n+++ b/{path}\n", *parts)) if parts else ""


def _alike(before: list[str], after: list[str], context: int) -> tuple[int, int]:
    """How many lines at the start and at the end need no comparing, less what is shown of them."""
    shorter = min(len(before), len(after))
    start = next((n for n in range(shorter) if before[n] != after[n]), shorter)
    rest = shorter - start
    cut = next((n for n in range(rest) if before[-1 - n] != after[-1 - n]), rest)
    return max(start - context, 0), max(cut - context, 0)


def fix_diff(fix: Fix, workspace: Workspace, hidden: Masks | None = None, context: int = CONTEXT) -> str:
    """The unified diff of all files of a fix; empty when it has no edits, or they no longer fit."""
    return "".join(_diffs(fix, workspace, hidden, context))


def _diffs(fix: Fix, workspace: Workspace, hidden: Masks | None, context: int) -> Iterator[str]:
    for source in dict.fromkeys(e.source for e in fix.edits):
        try:
            old = workspace.text(source).text if workspace.exists(source) else ""
            new = apply(old, [e for e in fix.edits if e.source == source])
        except (Unreadable, ValueError):
            continue
        yield text_diff(source, old, new, hidden, context)


def _lines(text: str) -> list[str]:
    """Lines with their ends; unlike `splitlines`, only a line feed ends one."""
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _range(start: int, stop: int) -> str:
    length = stop - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def _line(sign: str, path: str, number: int | None, text: str, hidden: Masks | None) -> str:
    body = text.removesuffix("\n")
    if hidden is not None:
        body = _masked(path, number, body, hidden)
    return f"{sign}{body}\n" + ("" if text.endswith("\n") else NO_END)


def _masked(path: str, number: int | None, body: str, hidden: Masks) -> str:
    if number is None:
        return hidden.added(path, body)
    return hidden.line(path, number + 1, body)[0]


def counted(diff: str) -> tuple[int, int]:
    """How many lines a diff adds and removes."""
    lines: Iterable[str] = [line for line in diff.split("\n") if not line.startswith(("+++ ", "--- "))]
    return sum(line.startswith("+") for line in lines), sum(line.startswith("-") for line in lines)

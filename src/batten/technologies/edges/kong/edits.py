"""Edits that are seen to be in each other's way."""

from __future__ import annotations

from batten.formats import Workspace
from batten.model import Edit, Span


def alone(workspace: Workspace, edits: list[Edit]) -> list[Edit]:
    """The edits with the character before each insertion, so that two of them at one place are seen to be
    in each other's way: the second finds what the first has made."""
    return [_held(workspace, e) for e in edits if e.text or e.span.start < e.span.end]


def _held(workspace: Workspace, edit: Edit) -> Edit:
    start = edit.span.start
    if start == 0 or edit.span.end > start:
        return edit
    before = workspace.text(edit.source).text[start - 1]
    return Edit(edit.source, Span(start - 1, edit.span.end), before + edit.text)

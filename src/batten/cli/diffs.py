"""Diffs of files that a command is about to write, or wrote."""

from __future__ import annotations

from batten.formats import Workspace
from batten.reports.diff import text_diff
from batten.reports.legible import legible
from batten.reports.masks import Masks


def diff(path: str, text: str, workspace: Workspace, hidden: Masks | None) -> str:
    """From the file in the workspace to the text; with `hidden`, secrets are masked."""
    old = workspace.text(path).text if workspace.exists(path) else ""
    return legible(text_diff(path, old, text, hidden))

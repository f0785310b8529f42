"""Paths of findings as those who follow them write them: from the current folder, or from the top of the checkout."""

from __future__ import annotations

import os
from pathlib import Path

from batten.engine.outcome import Outcome
from batten.files.named import checkout_of


def from_here(outcome: Outcome) -> str:
    """What to put before a path so that it is valid in the current folder; "" where that would disclose folders outside
    the reviewed one."""
    root, here = Path(outcome.root), Path.cwd()
    if not root.is_absolute() or not (root.is_relative_to(here) or here.is_relative_to(root)):
        return ""
    return _prefix(os.path.relpath(root, here))


def from_checkout(outcome: Outcome) -> str:
    """What to put before a path so that it begins at the top of the repository."""
    root = Path(outcome.root)
    return _prefix(os.path.relpath(root, checkout_of(root))) if root.is_absolute() else ""


def _prefix(folder: str) -> str:
    return "" if folder == "." else folder.replace(os.sep, "/") + "/"

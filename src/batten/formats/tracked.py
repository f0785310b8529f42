"""Which files a git repository has in its index."""

from __future__ import annotations

import os
from pathlib import Path

from batten.cell.git import GitProblem, Repository, repository
from batten.cell.git import tracked as indexed


def tracked(root: Path, path: str) -> bool:
    """Whether the innermost repository around a file has it in its index. What git cannot say is yes, so that a file
    counts; what no repository is around is no."""
    known = _around((root / path).parent)
    if known is None:
        return False
    try:
        name = os.path.relpath(root.resolve() / path, known.top.resolve())
        return Path(name).as_posix() in indexed(known)
    except (GitProblem, OSError):
        return True


def _around(folder: Path) -> Repository | None:
    try:
        return repository(folder)
    except (GitProblem, OSError):
        return None

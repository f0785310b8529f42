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


def tracked_below(root: Path, folders: tuple[str, ...]) -> dict[str, tuple[str, ...]] | None:
    """The files below each of these folders that the repository around the root has in its index, as paths below the root;
    None where there is no repository, or git cannot read it here."""
    known = _around(root / folders[0])
    if known is None:
        return None
    try:
        above = Path(os.path.relpath(root.resolve(), known.top.resolve())).as_posix()
        listed = indexed(known)
    except (GitProblem, OSError):
        return None
    prefix = "" if above == "." else f"{above}/"
    wanted, found = frozenset(folders), dict[str, list[str]]()
    for path in sorted(listed):
        below = path.removeprefix(prefix)
        place = below.rpartition("/")[0] if path.startswith(prefix) else ""
        while place and place not in wanted:
            place = place.rpartition("/")[0]
        if place:
            found.setdefault(place, []).append(below)
    return {place: tuple(files) for place, files in found.items()}


def _around(folder: Path) -> Repository | None:
    try:
        return repository(folder)
    except (GitProblem, OSError):
        return None

"""What a .gitignore keeps out of the repository."""

from __future__ import annotations

import posixpath

from batten.formats import Unreadable, Workspace
from batten.model.record import record
from batten.patterns import Glob

_MAGIC = frozenset("*?[")


@record
class _Lines:
    """The patterns by what they are: the number of each line says which of them is the last."""

    fixed: dict[str, int]
    globs: tuple[
        tuple[int, bool, Glob], ...
    ]  # and whether it is held against the whole path below the folder
    exceptions: frozenset[int]


def ignored(path: str, workspace: Workspace) -> bool:
    """Whether a .gitignore here or above keeps the file out of the repository.

    Patterns for single files are understood; the last that matches decides.
    """
    folders = [""]
    for part in posixpath.dirname(path).split("/"):
        if part:
            folders.append(posixpath.join(folders[-1], part))
    found = False
    for folder in folders:
        lines = _lines(posixpath.join(folder, ".gitignore"), workspace)
        last = _last(lines, path[len(folder) + 1 if folder else 0 :]) if lines is not None else -1
        if last >= 0 and lines is not None:
            found = last not in lines.exceptions
    return found


def _last(lines: _Lines, relative: str) -> int:
    name = posixpath.basename(relative)
    fixed = max(lines.fixed.get(f"/{relative}", -1), lines.fixed.get(name, -1))
    globs = (n for n, whole, glob in lines.globs if glob.match(relative if whole else name))
    return max(fixed, next(globs, -1))


def _lines(path: str, workspace: Workspace) -> _Lines | None:
    try:
        return workspace.document(path, _parse).tree if workspace.exists(path) else None
    except Unreadable:
        return None


def _parse(text: str) -> _Lines:
    fixed: dict[str, int] = {}
    globs: list[tuple[int, bool, Glob]] = []
    exceptions: set[int] = set()
    for number, line in enumerate(text.splitlines()):
        pattern = line.strip()
        if not pattern or line.startswith("#"):
            continue
        if pattern.startswith("!"):
            exceptions.add(number)
        body = pattern.lstrip("!").rstrip("/")
        whole = "/" in body
        shape = body.removeprefix("**/").lstrip("/")
        if _MAGIC.isdisjoint(shape):
            fixed[f"/{shape}" if whole else shape] = number
        else:
            globs.append((number, whole, Glob(shape)))
    return _Lines(fixed, tuple(reversed(globs)), frozenset(exceptions))

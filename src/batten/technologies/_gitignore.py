"""What a .gitignore keeps out of the repository."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from fnmatch import fnmatchcase

from batten.formats import Unreadable, Workspace


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
        for pattern in _patterns(posixpath.join(folder, ".gitignore"), workspace):
            body = pattern.lstrip("!").rstrip("/")
            relative = posixpath.relpath(path, folder or ".")
            name = relative if "/" in body else posixpath.basename(path)
            if fnmatchcase(name, body.removeprefix("**/").lstrip("/")):
                found = not pattern.startswith("!")
    return found


def _patterns(path: str, workspace: Workspace) -> Iterator[str]:
    try:
        text = workspace.text(path).text if workspace.exists(path) else ""
    except Unreadable:
        return
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.strip()

"""Files that an include's pattern names, over the workspace."""

from __future__ import annotations

import posixpath
import re

from batten.formats import Workspace
from batten.model import Problem
from batten.patterns import fits

MOST = 2000  # files of one configuration
MOST_BROUGHT = 50_000  # directives that includes may bring again: each file may be brought many times
_MAGIC = re.compile(r"[*?\[]")


def beyond(main: str, problems: list[Problem]) -> None:
    """Tell, once, that includes expand to more than is read."""
    message = f"includes expand to more than {MOST:,} files, or {MOST_BROUGHT:,} directives in repeats; the rest is not read"
    problem = Problem(main, "read", message, hint="review the parts separately")
    if problem not in problems:
        problems.append(problem)


def matching(path: str, workspace: Workspace) -> list[str]:
    """glob(3) over the workspace: a star does not cross "/" and does not match a leading dot."""
    if path.startswith(".."):
        return []
    if not _MAGIC.search(path):
        return [path] if workspace.exists(path) else []
    found = [""]
    parts = path.split("/")
    for depth, part in enumerate(parts):
        last = depth == len(parts) - 1
        if not _MAGIC.search(part):
            found = [posixpath.join(f, part) for f in found]
            continue
        found = [
            entry
            for folder in found
            for entry in workspace.entries(folder)
            if fits(posixpath.basename(entry), part)
            and (part.startswith(".") or not posixpath.basename(entry).startswith("."))
            and (not last or workspace.exists(entry))
        ][:MOST]
    return [f for f in found if workspace.exists(f)]

"""What the image of today gets of its folder, where that is less than all of it."""

from __future__ import annotations

import re
from itertools import takewhile

from batten.engine.building.dockerfiles import copied
from batten.formats import SyntaxProblem, Unreadable, Workspace, ignorefile

_PLAIN = re.compile(r"[\w@+.-]+(?:/[\w@+.-]+)*")


def included(workspace: Workspace) -> tuple[str, ...]:
    """Files and folders that .dockerignore lets in after it excluded everything, else those that the Dockerfile copies; none
    where all of it may be needed."""
    found = _let_back_in(workspace) or copied(workspace)
    whole = all(_PLAIN.fullmatch(path) and ".." not in path.split("/") for path in found)
    there = all(workspace.exists(path) or workspace.is_directory(path) for path in found)
    return tuple(sorted(set(found))) if whole and there else ()


def _let_back_in(workspace: Workspace) -> tuple[str, ...]:
    try:
        patterns = (
            workspace.document(".dockerignore", ignorefile.parse).tree
            if workspace.exists(".dockerignore")
            else []
        )
    except (SyntaxProblem, Unreadable):
        return ()
    if not patterns or patterns[0].exception or patterns[0].text not in ("*", "**"):
        return ()
    return tuple(pattern.text for pattern in takewhile(lambda one: one.exception, patterns[1:]))

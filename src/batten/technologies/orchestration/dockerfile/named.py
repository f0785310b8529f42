"""Names that builds give to other images: `contexts` of Bake's targets.

Source: https://docs.docker.com/build/bake/contexts/
"""

from __future__ import annotations

import re

from batten.formats import Unreadable, Workspace

_TARGET = re.compile(r"^\s*target\s+\"", re.MULTILINE)
_CONTEXTS = re.compile(r"^\s*contexts\s*=\s*\{(?P<held>[^{}]{0,8000})\}", re.MULTILINE)
_NAME = re.compile(r"^\s*\"?(?P<name>[\w.-]{1,100})\"?\s*=", re.MULTILINE)
_MOST = 400  # folders in which files are looked for
_DEEPEST = 3


def named(workspace: Workspace) -> frozenset[str]:
    """The names that the tree's files of Bake give to images."""
    return workspace.kept(("names of build contexts",), lambda: frozenset(_listed(workspace)))


def _listed(workspace: Workspace) -> set[str]:
    found: set[str] = set()
    level, seen = [""], 0
    for _ in range(_DEEPEST):
        below: list[str] = []
        for folder in level:
            seen += 1
            if seen > _MOST:
                return found
            for entry in workspace.entries(folder):
                if workspace.is_directory(entry):
                    below.append(entry)
                elif entry.endswith(".hcl"):
                    found |= _in_file(entry, workspace)
        level = below
    return found


def _in_file(path: str, workspace: Workspace) -> set[str]:
    try:
        text = workspace.text(path).text
    except Unreadable:
        return set()
    if _TARGET.search(text) is None:
        return set()
    return {name["name"] for block in _CONTEXTS.finditer(text) for name in _NAME.finditer(block["held"])}

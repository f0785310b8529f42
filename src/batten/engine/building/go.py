"""The program of a Go module: its only package `main`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.engine.building.start import Start
from batten.formats import Unreadable, Workspace

_MAIN = re.compile(r"^package[ \t]+main\b", re.MULTILINE)
_MOST = 200  # folders below cmd


def main_package(workspace: Workspace) -> Iterator[Start]:
    """Of the module's folder, else of cmd; none where there are several, so that the user is asked."""
    if _is_main("", workspace):
        yield Start(source="the module's own package", line=".")
        return
    folders = [path for path in workspace.entries("cmd")[:_MOST] if _is_main(path, workspace)]
    for folder in folders if len(folders) == 1 else ():
        yield Start(source=folder, line=f"./{folder}")


def _is_main(folder: str, workspace: Workspace) -> bool:
    paths = [p for p in workspace.entries(folder) if p.endswith(".go") and not p.endswith("_test.go")]
    return any(_MAIN.search(_text(path, workspace)) for path in paths)


def _text(path: str, workspace: Workspace) -> str:
    try:
        return workspace.text(path).text
    except Unreadable:
        return ""

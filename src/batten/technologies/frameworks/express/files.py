"""The source files of a program, to a bound; tests set up applications of their own, and do not count."""

from __future__ import annotations

import posixpath
import re

from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.technologies.frameworks.express.module import Module, load

MOST_ENTRIES = 6_000  # looked at for one program
LEVELS = 12
_LONGEST = 200_000  # characters of a file that are looked at
_LEFT = frozenset(
    ("node_modules", "dist", "build", "coverage", "test", "tests", "e2e", "__tests__", "migrations")
)
SOURCES = (".ts", ".js", ".mts", ".mjs", ".cts", ".cjs")
_TESTS = re.compile(r"[.-](?:spec|test|mock|stories|d)\.[cm]?[jt]s$")


def is_source(path: str) -> bool:
    return path.endswith(SOURCES) and _TESTS.search(path) is None


def start(path: str, workspace: Workspace) -> str:
    """The text of a file, as far as it is looked at; "" of what is no text."""
    try:
        return workspace.start(path, _LONGEST)
    except Unreadable:
        return ""


def saying(wanted: re.Pattern[str], folder: str, workspace: Workspace) -> dict[str, str]:
    """The files below a folder that have a text, by their path."""
    waiting, count = [folder], 0
    found: dict[str, str] = {}
    while waiting:
        for path in workspace.entries(waiting.pop()):
            count += 1
            if count > MOST_ENTRIES:
                return found
            name = posixpath.basename(path)
            if is_source(path):
                text = start(path, workspace)
                if wanted.search(text):
                    found[path] = text
            elif "." not in name and name not in _LEFT and workspace.is_directory(path):
                waiting.append(path)
    return found


def loaded(path: str, workspace: Workspace) -> Module | None:
    """A module; None where it is not understood, which its own unit tells."""
    try:
        return load(path, workspace)
    except (SyntaxProblem, Unreadable):
        return None

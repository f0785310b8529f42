"""The files of a program of NestJS: those below the folder whose file makes the application.

A folder is searched once, to a bound; tests set up applications of their own, and do not count.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.technologies.express.module import Module, load

MOST_ENTRIES = 6_000  # looked at for one program
_LEVELS = 12
_LONGEST = 200_000  # characters of a file that are looked at
_LEFT = frozenset(
    ("node_modules", "dist", "build", "coverage", "test", "tests", "e2e", "__tests__", "migrations")
)
_SOURCES = (".ts", ".js", ".mts", ".mjs", ".cts", ".cjs")
_TESTS = re.compile(r"[.-](?:spec|test|mock|stories|d)\.[cm]?[jt]s$")
MAKES = re.compile(r"\bNestFactory\s{0,9}\.\s{0,9}create\s{0,9}[<(]")
SETS_UP = re.compile(
    r"\bNestFactory\b|\.setGlobalPrefix\b|\.enableVersioning\b|\.useGlobalGuards\b|\bAPP_GUARD\b|\.forRoutes\b"
    r"|\bRouterModule\b|\bcontrollers\s{0,9}:"
)


def folder_of(path: str, workspace: Workspace) -> str | None:
    """The nearest folder above a file with one that makes an application; None where there is none."""
    here = posixpath.dirname(path)
    return workspace.once(("nest folder", here), lambda: _folder(here, workspace))


def _folder(here: str, workspace: Workspace) -> str | None:
    for _ in range(_LEVELS):
        if any(MAKES.search(_start(path, workspace)) for path in workspace.entries(here) if _source(path)):
            return here
        if not here:
            break
        here = posixpath.dirname(here)
    return None


def _source(path: str) -> bool:
    return path.endswith(_SOURCES) and _TESTS.search(path) is None


def _start(path: str, workspace: Workspace) -> str:
    try:
        return workspace.start(path, _LONGEST)
    except Unreadable:
        return ""


def texts(folder: str, workspace: Workspace) -> Mapping[str, str]:
    """The files that set a program up, by their path."""
    return workspace.kept(("nest texts", folder), lambda: _texts(folder, workspace))


def _texts(folder: str, workspace: Workspace) -> dict[str, str]:
    waiting, count = [folder], 0
    found: dict[str, str] = {}
    while waiting:
        for path in workspace.entries(waiting.pop()):
            count += 1
            if count > MOST_ENTRIES:
                return found
            name = posixpath.basename(path)
            if _source(path):
                text = _start(path, workspace)
                if SETS_UP.search(text):
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

"""The files of a program of NestJS: those below the folder whose file makes the application."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from batten.formats import Workspace
from batten.technologies.frameworks.express.files import LEVELS, is_source, saying, start

_MAKES = re.compile(r"\bNestFactory\s{0,9}\.\s{0,9}create\s{0,9}[<(]")
_SETS_UP = re.compile(
    r"\bNestFactory\b|\.setGlobalPrefix\b|\.enableVersioning\b|\.useGlobalGuards\b|\bAPP_GUARD\b|\.forRoutes\b"
    r"|\bRouterModule\b|\bcontrollers\s{0,9}:"
)


def folder_of(path: str, workspace: Workspace) -> str | None:
    """The nearest folder above a file with one that makes an application; None if no folder has one."""
    here = posixpath.dirname(path)
    return workspace.once(("nest folder", here), lambda: _folder(here, workspace))


def _folder(here: str, workspace: Workspace) -> str | None:
    for _ in range(LEVELS):
        if any(_MAKES.search(start(path, workspace)) for path in workspace.entries(here) if is_source(path)):
            return here
        if not here:
            break
        here = posixpath.dirname(here)
    return None


def texts(folder: str, workspace: Workspace) -> Mapping[str, str]:
    """The files that set a program up, by their path."""
    return workspace.kept(("nest texts", folder), lambda: saying(_SETS_UP, folder, workspace))

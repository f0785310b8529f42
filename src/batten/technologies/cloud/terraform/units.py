"""Which files are read together: the folders of modules that call each other."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

from batten.formats import Unreadable, Workspace
from batten.technologies import Unit
from batten.technologies.cloud.terraform import plan
from batten.technologies.cloud.terraform.module import CODE, TERRAGRUNT, VALUES, folder_of

_SOURCE = re.compile(r'\bsource"?\s*[=:]\s*"(\.\.?/[^"\n]*)"')


def grouped(files: Iterable[str], workspace: Workspace) -> Iterator[Unit]:
    """One unit of each module with those that it calls; variable files alone are none, a plan is one."""
    folders: dict[str, list[str]] = {}
    for file in files:
        if file.endswith((*CODE, *VALUES)):
            folders.setdefault(folder_of(file), []).append(file)
        elif plan.is_plan(file, workspace):
            yield Unit("terraform", (file,))
    coded = {
        f: sorted(held, key=_order) for f, held in folders.items() if any(n.endswith(CODE) for n in held)
    }
    for group in _joined(coded, workspace):
        yield Unit("terraform", tuple(file for folder in group for file in coded[folder]))


def _order(path: str) -> tuple[bool, str]:
    return path.endswith(VALUES), path


def _joined(folders: dict[str, list[str]], workspace: Workspace) -> list[list[str]]:
    """Folders that calls connect, in order."""
    group: dict[str, list[str]] = {folder: [folder] for folder in folders}
    for folder, held in folders.items():
        for other in _called(folder, held, workspace):
            if other in folders and group[other] is not group[folder]:
                group[folder] += group[other]
                for moved in group[other]:
                    group[moved] = group[folder]
    return [sorted(g) for f, g in group.items() if g[0] == f]


def _called(folder: str, files: Iterable[str], workspace: Workspace) -> Iterator[str]:
    """Folders that `source = "./…"` names, by the look of the text; calls.py reads the calls."""
    for file in files:
        if not file.endswith(CODE):
            continue
        try:
            text = workspace.text(file).text
        except Unreadable:
            continue
        for found in _SOURCE.finditer(text) if "module" in text or file.endswith(TERRAGRUNT) else ():
            joined = posixpath.normpath(posixpath.join(folder, found[1]))
            if not joined.startswith(".."):
                yield "" if joined == "." else joined

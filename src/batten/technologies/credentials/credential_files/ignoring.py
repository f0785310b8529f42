"""A file named in the list of what git leaves out."""

from __future__ import annotations

import posixpath

from batten.formats import Unreadable, Workspace
from batten.formats.gitignore import is_repository
from batten.formats.lines import appended, line_break
from batten.model import Edit, Fix, Safety, Span

_MAGIC = frozenset("*?[]\\\n ")
_BREAKS = "deployment tools that leave out what .gitignore names"


def ignoring(path: str, workspace: Workspace) -> Fix | None:
    """A line in the nearest .gitignore around the file, or in a new one at the top of its repository; None where git
    tracks the file or where nothing shows that it does not (there is no repository, as in an unpacked archive), and for a name that a pattern cannot spell as it is."""
    place = _place(path, workspace)
    if place is None or not _MAGIC.isdisjoint(path) or not _in_a_repository(path, workspace):
        return None
    if workspace.tracked(path):
        return None
    line = f"/{posixpath.relpath(path, posixpath.dirname(place) or '.')}"
    try:
        source = workspace.text(place) if workspace.exists(place) else None
    except Unreadable:
        source = None
    if source is None or not source.text:
        edit = Edit(place, Span(0, 0), f"{line}\n")
    elif not source.text.endswith("\n"):
        edit = appended(source, len(source.text), line)
    else:
        end = len(source.text)
        edit = Edit(place, Span(end, end), line + line_break(source.text))
    return Fix(
        f"name {posixpath.basename(path)} in .gitignore",
        (edit,),
        safety=Safety.RISKY,
        breaks=_BREAKS,
    )


def _in_a_repository(path: str, workspace: Workspace) -> bool:
    folder = posixpath.dirname(path)
    while folder and not is_repository(folder, workspace):
        folder = posixpath.dirname(folder)
    return is_repository(folder, workspace) or workspace.tracked_below((posixpath.dirname(path),)) is not None


def _place(path: str, workspace: Workspace) -> str | None:
    folder = posixpath.dirname(path)
    while True:
        name = posixpath.join(folder, ".gitignore")
        if workspace.exists(name) or is_repository(folder, workspace):
            return name
        if not folder:
            return None
        folder = posixpath.dirname(folder)

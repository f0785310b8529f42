"""What is in the folders that tools fill, which are not read: files that are there because somebody put them there.

Git tells: what a tool installs is not tracked. Where no repository is around, the files count that no tool puts where they are.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from batten.engine.recognition import technologies_of
from batten.formats import Unreadable, Workspace
from batten.model.record import record
from batten.technologies import named_like

_MOST_ASKED = 200  # files of a folder whose text is looked at
_MOST_LISTED = 2000  # names in a folder without git
_MOST_FOLDERS = 500
_DEEPEST = 3
# Lock files and lists of packages are in every folder of packages, and credentials are not configuration.
_NOT_ASKED = frozenset(("packages", "credential_files", "sbom", "system_packages"))
# What tools put into their folders: the rest of these folders is nobody's but an author's.
_PYTHON = frozenset(
    (
        "bin",
        "lib",
        "lib64",
        "include",
        "Scripts",
        "Lib",
        "Include",
        "share",
        "etc",
        "man",
        "src",
        "conf",
        "var",
    )
)
_OWN = {
    ".git": frozenset(("objects", "refs", "hooks", "logs", "info", "branches", "lfs", "modules", "worktrees", "annex", "rr-cache")),
    ".terraform": frozenset(("providers", "modules", "plugins")),
    ".venv": _PYTHON,
    "venv": _PYTHON,
}  # fmt: skip
_PACKAGES = frozenset(
    ("node_modules", "site-packages", ".tox", ".nox", "__pycache__", ".hypothesis")
)  # any folder


@record
class Planted:
    """A folder of tools with files in it that are configuration by name and text; `tracked`: git has them."""

    folder: str
    files: tuple[str, ...]
    titles: tuple[str, ...]
    tracked: bool
    more: bool = False  # whether there are more files than were looked at


def planted(folders: Iterable[str], workspace: Workspace) -> Iterator[Planted]:
    """Those of the folders in which files are that batten would read elsewhere, and no tool put there."""
    # Git has nothing in its index that is below a repository's own folder, so that alone is no reason to ask it.
    every = [f for f in folders if posixpath.basename(f) != ".git" or not workspace.exists(f"{f}/HEAD")]
    if not every:
        return
    indexed = workspace.tracked_below(tuple(every))
    for folder in every[: None if indexed is not None else _MOST_FOLDERS]:
        files = indexed.get(folder, ()) if indexed is not None else tuple(_apart(folder, workspace))
        found = _recognised(folder, files[:_MOST_LISTED], workspace)
        if found:
            titles = tuple(dict.fromkeys(title for _, title in found))
            names = tuple(dict.fromkeys(path for path, _ in found))
            more = len(names) >= _MOST_ASKED or len(files) > _MOST_LISTED
            yield Planted(folder, names, titles, indexed is not None, more)


def _recognised(folder: str, files: Iterable[str], workspace: Workspace) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    packages = posixpath.basename(folder) in _PACKAGES
    asked = 0
    for path in files:
        candidates = [t for t in named_like(path) if t.name not in _NOT_ASKED and (t.certain or not packages)]
        if not candidates:
            continue
        asked += 1
        if asked > _MOST_ASKED:
            break
        try:
            names = {t.name for t in technologies_of(path, workspace.start(path, 1 << 25), candidates)}
        except Unreadable:
            continue
        found += [(path, t.title) for t in candidates if t.name in names]
    return found


def _apart(folder: str, workspace: Workspace) -> Iterator[str]:
    """The files of a folder outside what its tool fills."""
    name = posixpath.basename(folder)
    own = _OWN.get(name, _PYTHON if workspace.exists(f"{folder}/pyvenv.cfg") else frozenset())
    pending, listed = [(folder, 0)], 0
    while pending:
        place, depth = pending.pop()
        for path in workspace.entries(place):
            listed += 1
            if listed > _MOST_LISTED:
                return
            if workspace.exists(path):
                yield path
            elif (
                (
                    depth < _DEEPEST
                    and name not in _PACKAGES
                    and not (depth == 0 and posixpath.basename(path) in own)
                )
                and workspace.is_directory(path)
                and not workspace.is_link(path)
            ):
                pending.append((path, depth + 1))

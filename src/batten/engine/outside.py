"""Files below the root that are not the repository's own: what git keeps out, submodules, and unpacked charts."""

from __future__ import annotations

import posixpath

from batten.formats import Workspace
from batten.formats.gitignore import is_repository, kept_out
from batten.model import Context
from batten.technologies import technologies


def outside(path: str, workspace: Workspace) -> Context | None:
    """What a file is that its place, not its name, shows to be of elsewhere; None for what is the repository's."""
    if posixpath.isabs(path):
        return None  # a file that the user named, not one below the root
    if kept_out(path, workspace):
        return Context.GITIGNORED
    return Context.VENDORED if _nested(path, workspace) or _unpacked(path, workspace) else None


def _nested(path: str, workspace: Workspace) -> bool:
    """Whether the file is in a repository of its own within this one: a submodule, or a clone. Commits cannot hold a `.git`,
    so a change cannot add one."""
    folder = posixpath.dirname(path)
    if not folder or not is_repository("", workspace):
        return False
    known: dict[str, bool] = workspace.kept(("nested repositories",), dict)
    if folder not in known:
        known[folder] = is_repository(folder, workspace) or _nested(folder, workspace)
    return known[folder]


def _unpacked(path: str, workspace: Workspace) -> bool:
    """Whether the file is of a chart that another depends on and that a repository of charts publishes, as
    `helm dependency update` unpacks it. A chart of the same tree names no such repository.

    Source: https://helm.sh/docs/topics/charts/#managing-dependencies-with-the-dependencies-field
    """
    parts = path.split("/")
    for number, part in enumerate(parts[:-2]):
        if part == "charts" and parts[number + 1] in _fetched("/".join(parts[:number]), workspace):
            return True
    return False


def _fetched(chart: str, workspace: Workspace) -> frozenset[str]:
    """The charts that a chart takes from repositories of charts, by name."""
    path = posixpath.join(chart, "Chart.yaml")
    if not workspace.exists(path):
        return frozenset()
    known: dict[str, frozenset[str]] = workspace.kept(("fetched charts",), dict)
    if chart not in known:
        known[chart] = technologies()["helm"].module("fetched").fetched(path, workspace)
    return known[chart]

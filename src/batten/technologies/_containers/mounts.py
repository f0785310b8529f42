"""Where a path of the running system lies in the reviewed tree: what a Compose file mounts or a Dockerfile copies."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from batten.formats import Unreadable, Workspace
from batten.technologies._containers.versions import companions

_VOLUME = re.compile(r"-[ \t]*[\"']?(\.{1,2}(?:/[^:\s\"']*)?):(/[^:\s\"']+)")
_COPY = re.compile(
    r"^[ \t]*(?:COPY|ADD)[ \t]+(?:--(?!from)\S+[ \t]+)*([^-\s]\S*)[ \t]+(/\S+)[ \t]*\r?$", re.MULTILINE
)


def candidates(path: str, main: str, workspace: Workspace, home: str = "") -> Iterator[str]:
    """Paths below the root at which a path that `main` names may lie. `home` is where `main` is on the
    running system ("etc/nginx"): a tree that mirrors the file system is then recognised."""
    folder = posixpath.dirname(main)
    if not path.startswith("/"):
        yield posixpath.normpath(posixpath.join(folder, path))
        yield posixpath.normpath(posixpath.join(folder, "..", path))
        return
    try:
        yield posixpath.relpath(path, workspace.root.as_posix())
    except ValueError:
        return
    if home and (folder == home or folder.endswith(f"/{home}")):
        yield folder[: -len(home)] + path[1:]
    for companion in companions(main, workspace):
        yield from _mounted(companion, path, workspace)


def _mounted(companion: str, path: str, workspace: Workspace) -> Iterator[str]:
    """What a Compose file mounts, or a Dockerfile copies, to the path or a folder above it."""
    try:
        text = workspace.text(companion).text
    except Unreadable:
        return
    for source, target in (*_VOLUME.findall(text), *_COPY.findall(text)):
        target = target.rstrip("/")
        if path == target or path.startswith(target + "/"):
            beside = posixpath.join(posixpath.dirname(companion), source, path[len(target) + 1 :])
            yield posixpath.normpath(beside)

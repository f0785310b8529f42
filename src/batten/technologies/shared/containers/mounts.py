"""Where a path of the running system lies in the reviewed tree: what a Compose file mounts or a Dockerfile copies."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from batten.formats import Unreadable, Workspace
from batten.patterns import fits
from batten.technologies.shared.containers.versions import companions

_VOLUME = re.compile(r"-[ \t]*[\"']?(\.{1,2}(?:/[^:\s\"']*)?):(/[^:\s\"']+)")
# The long form: `source: ./nginx.conf` and, in one of the next lines, `target: /etc/nginx/nginx.conf`.
_BIND = re.compile(
    r"^[ \t]*(?:-[ \t]*)?source:[ \t]*[\"']?(\.{1,2}(?:/[^:\s\"']*)?)[\"']?[ \t]*\r?\n(?:[ \t]+read_?only:.*\n)?[ \t]*target:[ \t]*[\"']?(/[^:\s\"']+)",
    re.MULTILINE | re.IGNORECASE,
)
_COPY = re.compile(
    r"^[ \t]*(?:COPY|ADD)[ \t]+(?:--(?!from)\S+[ \t]+)*([^-\s]\S*)[ \t]+(/\S+)[ \t]*\r?$", re.MULTILINE
)
_ROOT = re.compile(r"(?:(?P<above>.*?)/)?(?:root-?fs|image-?root|rootfs-overlay)/(?:.*/)?etc/", re.IGNORECASE)

_DEEPEST = 6  # levels of folders that are looked through
_MOST = 2000  # folders of a level


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
        # What a Compose file mounts, or a Dockerfile copies, to the path or a folder above it.
        for source, target in _given(companion, workspace):
            target = target.rstrip("/")
            if path == target or path.startswith(target + "/"):
                beside = posixpath.join(posixpath.dirname(companion), source, path[len(target) + 1 :])
                yield posixpath.normpath(beside)


def sources_of(pattern: str, main: str, workspace: Workspace) -> Iterator[str]:
    """Paths or globs below the root of what containers are given at a glob of the running system."""
    for companion in companions(main, workspace):
        for source, target in _given(companion, workspace):
            beside = posixpath.normpath(posixpath.join(posixpath.dirname(companion), source))
            target = target.rstrip("/")
            if pattern.startswith(f"{target}/"):
                yield posixpath.join(beside, pattern[len(target) + 1 :])
            elif posixpath.dirname(target) == posixpath.dirname(pattern) and fits(
                posixpath.basename(target), posixpath.basename(pattern)
            ):
                yield beside


def target_of(file: str, workspace: Workspace, below: tuple[str, ...]) -> str:
    """Where a container is given the file, or a folder around it, below one of the folders; "" when nothing says it."""
    for companion in companions(file, workspace):
        for source, target in _given(companion, workspace):
            beside = posixpath.normpath(posixpath.join(posixpath.dirname(companion), source))
            if _holds(beside, file) and f"{target}/".startswith(below):
                return target
    return ""


def above_root(file: str) -> str | None:
    """The folder that holds the tree of an image's root which a file is in (`rootfs/etc/nginx/nginx.conf`); None where it is in
    none."""
    found = _ROOT.match(file)
    return None if found is None else found["above"] or ""


def copied(file: str, workspace: Workspace) -> bool:
    """Whether a Dockerfile copies the file, or a folder around it that is less than everything, into its image."""
    for companion in companions(file, workspace):
        if posixpath.basename(companion) not in ("Dockerfile", "Containerfile"):
            continue
        folder = posixpath.dirname(companion)
        for source, _ in _given(companion, workspace):
            beside = posixpath.normpath(posixpath.join(folder, source))
            if beside not in (folder or ".", posixpath.join(folder, "*")) and _holds(beside, file):
                return True
    return False


def _holds(source: str, file: str) -> bool:
    """Whether what is copied or mounted, a path or a glob, is the file or a folder around it."""
    if source in (file, ".") or file.startswith(f"{source}/"):
        return True
    depth = source.count("/") + 1
    return "*" in source and fits("/".join(file.split("/")[:depth]), source)


def folders_named(name: str, near: str, workspace: Workspace) -> list[str]:
    """Folders of a name in the tree that share the longest path with `near`; of equal ones all, and it is not known which."""
    found = [
        f for f in workspace.kept(("folders",), lambda: _folders(workspace)) if posixpath.basename(f) == name
    ]
    shared = {f: len(posixpath.commonpath((f"/{f}", f"/{near}"))) for f in found}
    return [f for f in found if shared[f] == max(shared.values())]


def _folders(workspace: Workspace) -> list[str]:
    """Folders of configuration in the tree, as far as they are looked for. Names with a dot are files but for `*.d`."""
    found: list[str] = []
    level = [""]
    for _ in range(_DEEPEST):
        entries = [e for folder in level for e in workspace.entries(folder)]
        named = [e for e in entries if "." not in posixpath.basename(e) or e.endswith(".d")]
        level = [e for e in named if posixpath.basename(e) != "node_modules" and workspace.is_directory(e)][
            :_MOST
        ]
        found += level
    return found


def _given(companion: str, workspace: Workspace) -> list[tuple[str, str]]:
    """What a Compose file mounts and a Dockerfile copies: a path beside it, and one of the running system."""
    try:
        text = workspace.text(companion).text
    except Unreadable:
        return []
    return [*_VOLUME.findall(text), *_BIND.findall(text), *_COPY.findall(text)]

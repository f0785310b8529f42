"""Files of a container on disk here: what is mounted where its program looks."""

from __future__ import annotations

from collections.abc import Iterator

from batten.formats import Workspace
from batten.technologies.shared.containers.container import Container


def mounted_file(container: Container, inside: str, workspace: Workspace) -> str:
    """The path below the root of a file that the container has at `inside`; "" where it is not here."""
    for mount in container.workload.mounts:
        target = mount.target.rstrip("/")
        if mount.path and (inside == target or inside.startswith(f"{target}/")):
            path = mount.path.rstrip("/") + inside.removeprefix(target)
            if workspace.exists(path):
                return path
    return ""


def mounted_files(container: Container, folder: str, suffix: str, workspace: Workspace) -> Iterator[str]:
    """The files with this ending that the container has directly below a folder, as far as they are here."""
    folder = folder.rstrip("/")
    for mount in container.workload.mounts:
        target = mount.target.rstrip("/")
        if not mount.path:
            continue
        if target == folder and workspace.is_directory(mount.path):
            yield from sorted(e for e in workspace.entries(mount.path) if e.endswith(suffix))
        elif (
            target.startswith(f"{folder}/")
            and target.endswith(suffix)
            and "/" not in target[len(folder) + 1 :]
        ) and workspace.exists(mount.path):
            yield mount.path

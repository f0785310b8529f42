"""The folder that a Compose file gives to the build of a Dockerfile.

Source: https://docs.docker.com/reference/compose-file/build/
"""

from __future__ import annotations

import posixpath
import re

from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.formats.tree import Mapping, Node, Scalar, key_path

_COMPOSE = re.compile(r"(?:docker-)?compose(?:[._-][\w.-]*)?\.ya?ml")


def given(dockerfile: str, workspace: Workspace) -> str | None:
    """The context of the build as a Compose file in a folder around says; None where none here does."""
    # The folders that a file is in, the nearest first.
    path = dockerfile
    while path:
        path = posixpath.dirname(path)
        folder = path
        for context, built in _all(folder, workspace):
            if built == dockerfile:
                return context
    return None


def _all(folder: str, workspace: Workspace) -> tuple[tuple[str, str], ...]:
    """The builds of the Compose files in a folder."""

    def made() -> tuple[tuple[str, str], ...]:
        files = [e for e in workspace.entries(folder) if _COMPOSE.fullmatch(posixpath.basename(e))]
        return tuple(build for file in sorted(files) for build in _builds(file, workspace))

    return workspace.kept(("builds", folder), made)


def _builds(file: str, workspace: Workspace) -> tuple[tuple[str, str], ...]:
    """The context and the Dockerfile of each service that is built, as paths below the root."""
    from batten.formats import yaml  # most trees have no Compose file

    try:
        services = key_path(workspace.document(file, yaml.parse).tree, "services")
    except (SyntaxProblem, Unreadable):
        return ()  # its own reader reports it
    found = (_build(file, e.value, workspace) for e in services) if isinstance(services, Mapping) else ()
    return tuple(filter(None, found))


def _build(file: str, service: Node, workspace: Workspace) -> tuple[str, str] | None:
    build = key_path(service, "build")
    context = build if isinstance(build, Scalar) else key_path(build, "context")
    name = key_path(build, "dockerfile")
    told = _text(context, "."), _text(name, "Dockerfile")
    if build is None or any("$" in text or "://" in text for text in told):
        return None
    folder = workspace.resolve(file, told[0])
    if folder is None:
        return None
    folder = "" if folder == "." else folder
    return folder, posixpath.normpath(posixpath.join(folder, told[1]))


def _text(node: Node | None, default: str) -> str:
    return str(node.value) if isinstance(node, Scalar) and node.value is not None else default

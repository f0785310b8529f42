"""The command of the service that a Compose file builds from the folder (https://docs.docker.com/reference/compose-file/services/#command)."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from batten.engine.building.start import Start
from batten.formats import Mapping, Node, SyntaxProblem, Unreadable, Workspace, yaml
from batten.formats.tree import Scalar, Sequence
from batten.technologies.dependencies.packages.trees import below, mappings, root

_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")


def starts(workspace: Workspace) -> Iterator[Start]:
    """Where exactly one service is built from the folder and has a command."""
    for path in filter(workspace.exists, _NAMES):
        try:
            services = [
                row for _, row, _ in mappings(root(path, workspace, yaml.parse)["services"]) if _is_here(row)
            ]
        except (SyntaxProblem, Unreadable):
            continue  # its own reader says so
        lines = [
            line
            for row in services
            if (line := " ".join(filter(None, map(_words, (row["entrypoint"], row["command"])))))
        ]
        if len(services) == 1 and lines:
            yield Start(source=path, line=lines[0])
        return  # Compose reads the first of these names


def _is_here(service: Mapping) -> bool:
    place = service.text("build") or below(service, "build").text("context") or ""
    return place.rstrip("/") == "."


def _words(node: Node | None) -> str:
    """A dollar is written twice where it is no variable of Compose's."""
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return node.value.replace("$$", "$")
    if isinstance(node, Sequence):
        return shlex.join(item.text.replace("$$", "$") for item in node.items if isinstance(item, Scalar))
    return ""

"""The files of the same project that a pipeline includes, which may have any name.

Source: https://docs.gitlab.com/ci/yaml/#includelocal
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from batten.formats import SyntaxProblem, Unreadable, Workspace, yaml
from batten.formats.tree import Node, Scalar
from batten.formats.tree import Sequence as Items
from batten.technologies import Unit
from batten.technologies.shared.text.fields import whole

_MOST = 150  # files that one pipeline includes; GitLab's own bound


def units(files: Sequence[str], workspace: Workspace) -> list[Unit]:
    """Each file for itself, and those that are included from the project."""
    # The project's folder: where the pipeline is, or what has `.gitlab/` in it.
    waiting = [
        (file, file.partition(".gitlab/")[0].rstrip("/") if ".gitlab/" in file else posixpath.dirname(file))
        for file in files
    ]
    found: dict[str, Unit] = {}
    for file, project in waiting:
        if file not in found and len(found) < len(files) + _MOST:
            found[file] = Unit("gitlab_ci", (file,))
            waiting += [(path, project) for path in _included(file, project, workspace)]
    return list(found.values())


def _included(file: str, project: str, workspace: Workspace) -> Iterator[str]:
    try:
        trees: list[Node] = workspace.document(file, yaml.parse_all).tree
    except (SyntaxProblem, Unreadable):
        return
    for tree in trees:
        field = whole(file, tree)["include"]
        for row in field.items() if isinstance(field.node, Items) else (field,):
            # A path from the project's folder, as `include: x.yml` and `include: {local: x.yml}` have it.
            text = row.text if isinstance(row.node, Scalar) else row["local"].text
            path = "" if "://" in text or "$" in text else text.lstrip("/")
            inside = posixpath.normpath(path)
            if path.endswith((".yml", ".yaml")) and not inside.startswith("../"):
                whole_path = posixpath.join(project, inside)
                if "*" not in path:
                    found = [whole_path] if workspace.exists(whole_path) else []
                else:
                    folder, _, name = whole_path.rpartition("/")
                    wanted = re.compile(
                        "[^/]*".join(re.escape(part) for part in name.split("*"))
                    )  # ours: a glob's
                    listed = workspace.entries(folder) if "*" not in folder else []
                    found = [
                        e for e in listed if wanted.fullmatch(e.rpartition("/")[2]) and workspace.exists(e)
                    ]
                yield from found

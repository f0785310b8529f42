"""Charts that a chart fetches before it is installed."""

from __future__ import annotations

from batten.formats import Mapping, SyntaxProblem, Unreadable, Workspace, yaml
from batten.formats.tree import Scalar, Sequence


def fetched(path: str, workspace: Workspace) -> frozenset[str]:
    """The names of the dependencies of a Chart.yaml that come from repositories of charts."""
    try:
        root = workspace.document(path, yaml.parse).tree
    except (Unreadable, SyntaxProblem, RecursionError, MemoryError):
        return frozenset()
    listed = root["dependencies"] if isinstance(root, Mapping) else None
    found = listed if isinstance(listed, Sequence) else ()
    rows = ((_text(row, "name"), _text(row, "repository")) for row in found if isinstance(row, Mapping))
    return frozenset(
        name for name, repository in rows if repository.startswith(("https://", "http://", "oci://"))
    )


def _text(row: Mapping, key: str) -> str:
    held = row[key]
    return held.text if isinstance(held, Scalar) else ""

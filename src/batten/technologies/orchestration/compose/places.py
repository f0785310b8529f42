"""Where in a Compose file a remedy is to be written."""

from __future__ import annotations

from collections.abc import Iterator

from batten.formats import Document, Mapping, Node, Sequence, Workspace
from batten.formats.document import Text
from batten.formats.paths import Path
from batten.formats.tree import node_at
from batten.formats.yaml_edits import remove, set_value
from batten.model import Edit, Location, Span
from batten.model.record import record


@record
class Place:
    """Where a remedy is to be written. `path` leads to the thing that the violation pointed at."""

    workspace: Workspace
    source: Text
    root: Node
    path: Path
    service: str
    at: Location

    def set(self, *rest: str, value: str) -> list[Edit]:
        return set_value(self.source, self.root, (*self.path, *rest), value)

    def removed(self) -> list[Edit]:
        return remove(self.source, self.root, self.path, prune=True)

    @property
    def node(self) -> Node | None:
        return node_at(self.root, self.path)


def path_of(document: Document[Node], span: Span, workspace: Workspace) -> Path | None:
    """The way to the value, the alias or the whole entry that covers exactly this span; to the innermost,
    where a mapping covers no more than its only entry."""
    return workspace.kept(("compose paths", document.path), lambda: _paths(document.tree)).get(span)


def _paths(root: Node) -> dict[Span, Path]:
    found: dict[Span, Path] = {}
    pending: list[tuple[Node, Path]] = [(root, ())]
    while pending:
        node, path = pending.pop()
        if node.span not in found or len(path) > len(found[node.span]):
            found[node.span] = path
        for below, child, places in _children(node):
            for span in places:
                if span is not None and (span not in found or len(path) >= len(found[span])):
                    found[span] = (*path, below)
            if child is not None:
                pending.append((child, (*path, below)))
    return found


def _children(node: Node) -> Iterator[tuple[str | int, Node | None, tuple[Span | None, ...]]]:
    """Keys or numbers, what to look into, and the places that stand for the entry as a whole."""
    if isinstance(node, Mapping):
        for entry in node:
            if not entry.merged:
                child = entry.value if entry.alias is None else None
                yield entry.key.text, child, (entry.span, entry.alias)
    elif isinstance(node, Sequence):
        for number, item in enumerate(node):
            yield number, None if number in node.aliases else item, (node.aliases.get(number),)

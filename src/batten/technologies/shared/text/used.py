"""The settings that a document in YAML or JSON uses, as an inventory spells them."""

from __future__ import annotations

from collections.abc import Iterator

from batten.formats.tree import Mapping, Node, Sequence
from batten.model import Location

_DEEPEST = 8


def used(path: str, root: Node, name: str = "") -> Iterator[tuple[str, Location]]:
    """Keys with dots between; items of lists are one with their list. The last keys of a name stand for it, too."""
    pending: list[tuple[Node, tuple[str, ...]]] = [(root, (name,) if name else ())]
    while pending:
        node, above = pending.pop()
        if isinstance(node, Sequence):
            pending += [(item, above) for item in node]
        elif isinstance(node, Mapping) and len(above) < _DEEPEST:
            for entry in node:
                names = (*above, entry.key.text)
                at = Location(path, "/".join(names), entry.key.span)
                yield ".".join(names), at
                pending.append((entry.value, names))

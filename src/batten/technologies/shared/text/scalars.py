"""The scalar at a place in a text."""

from __future__ import annotations

from batten.formats import Mapping, Node, Scalar, Sequence
from batten.formats.tree import Entry
from batten.model.record import record


@record
class Found:
    """A scalar in the tree, with the keys that lead to it."""

    keys: tuple[str, ...]
    node: Scalar


def scalar_at(root: Node, offset: int) -> Found | None:
    """The scalar whose text covers an offset; None in comments, keys and between."""
    node, keys = root, list[str]()
    while not isinstance(node, Scalar):
        step = _step(node, offset)
        if step is None:
            return None
        key, node = step
        keys.append(key)
    return Found(tuple(keys), node)


def _step(node: Mapping | Sequence, offset: int) -> tuple[str, Node] | None:
    if isinstance(node, Mapping):
        entry = next((e for e in node if _covers(e, offset)), None)
        return (entry.key.text, entry.value) if entry is not None else None
    for index, item in enumerate(node.items):
        if item.span.start <= offset < item.span.end:
            return str(index), item
    return None


def _covers(entry: Entry, offset: int) -> bool:
    span = entry.value.span
    return not entry.merged and entry.alias is None and span.start <= offset < span.end

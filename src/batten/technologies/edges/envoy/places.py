"""Where a violation pointed, and the edits that change what is there: in YAML's layout, or in JSON's."""

from __future__ import annotations

import json as stdlib

from batten.formats import yaml
from batten.formats.tree import Mapping, Scalar, plain
from batten.formats.yaml_splice import hang
from batten.model import Edit, Span
from batten.technologies.edges.envoy.fields import Field
from batten.technologies.edges.envoy.managers import Manager, managers
from batten.technologies.edges.envoy.tree import Tree
from batten.technologies.shared.text.field_edits import json_of


def first(tree: Tree, items: Field, item: str) -> list[Edit]:
    """An item before all others. It takes the mark before the first along, so that no two are put there at
    once: the second finds what the first has made."""
    node = items[0].node
    if node is None or not items.node or items.node.tag:
        return []
    text, start = tree.workspace.text(items.source).text, items[0].span.start
    line = text.rfind("\n", 0, start) + 1
    if getattr(items.node, "flow", False):
        made = stdlib.dumps(plain(yaml.parse(item)), indent=2) if _alone(text, line, start) else json_of(item)
        lead = "\n" + text[line:start] if _alone(text, line, start) else " "
        body = made.replace("\n", "\n" + text[line:start]) if "\n" in lead else made
        return [Edit(items.source, Span(start, start + 1), f"{body},{lead}{text[start]}")]
    dash = text.rfind("-", line, start)
    if dash < 0 or text[line:dash].strip():
        return []
    indent = text[line:dash]
    body = f"- {hang(item, len(indent) + 2)}\n{indent}-"
    return [Edit(items.source, Span(dash, dash + 1), body)]


def _alone(text: str, line: int, start: int) -> bool:
    return not text[line:start].strip() and line > 0


def rename(field: Field, key: str) -> list[Edit]:
    """Another name for the entry that a field is the value of."""
    holder = field.root
    for part in field.path[:-1]:
        if isinstance(holder, Mapping):
            found = holder[str(part)]
        else:
            found = None if isinstance(holder, Scalar) or not isinstance(part, int) else holder.items[part]
        if found is None:
            return []
        holder = found
    entry = holder.entry(str(field.path[-1])) if isinstance(holder, Mapping) else None
    if entry is None or entry.merged or entry.alias is not None:
        return []
    name = f"{entry.key.style}{key}{entry.key.style}" if entry.key.style in ("'", '"') else key
    return [Edit(field.source, entry.key.span, name)]


def above(tree: Tree, field: Field, count: int = 1) -> Field:
    """The field so many steps above."""
    document = next(d for d in tree.documents if d.source == field.source and d.root is field.root)
    for part in field.path[: len(field.path) - count]:
        document = document[part]
    return document


def manager_at(tree: Tree, field: Field) -> Manager | None:
    """The connection manager that a place is in, or whose routes it is in."""
    for manager in managers(tree):
        for home in (manager.item, manager.routes):
            if home is not None and home.root is field.root and field.path[: len(home.path)] == home.path:
                return manager
    return None

"""Where a violation pointed, and the edits that change what is there: in YAML's layout, or in JSON's."""

from __future__ import annotations

import json as stdlib

from batten.formats import json_edits, yaml, yaml_edits
from batten.formats.tree import Mapping, Scalar, plain
from batten.formats.yaml_splice import hang
from batten.model import Edit, Fix, Safety, Span
from batten.technologies.envoy.fields import Field
from batten.technologies.envoy.managers import Manager, managers
from batten.technologies.envoy.tree import Tree, is_json


def put(tree: Tree, field: Field, value: str) -> list[Edit]:
    """Make a field hold a value, given as YAML; missing keys and parents are made."""
    text = tree.workspace.text(field.source)
    if is_json(field.source):
        return json_edits.set_value(text, field.root, field.path, _json(value))
    if "\n" in value:
        return yaml_edits.set_block(text, field.root, field.path, value)
    return yaml_edits.set_value(text, field.root, field.path, value)


def add(tree: Tree, field: Field, item: str) -> list[Edit]:
    """An item at the end of a list, which is made where it is missing."""
    text = tree.workspace.text(field.source)
    if is_json(field.source):
        return json_edits.append_item(text, field.root, field.path, _json(item))
    return yaml_edits.append_item(text, field.root, field.path, item)


def drop(tree: Tree, field: Field, prune: bool = True) -> list[Edit]:
    """Without an entry or item, and without what that leaves empty."""
    text = tree.workspace.text(field.source)
    if is_json(field.source):
        return json_edits.remove(text, field.root, field.path, prune=prune)
    return yaml_edits.remove(text, field.root, field.path, prune=prune)


def first(tree: Tree, items: Field, item: str) -> list[Edit]:
    """An item before all others. It takes the mark before the first along, so that no two are put there at
    once: the second finds what the first has made."""
    node = items[0].node
    if node is None or not items.node or items.node.tag:
        return []
    text, start = tree.workspace.text(items.source).text, items[0].span.start
    line = text.rfind("\n", 0, start) + 1
    if getattr(items.node, "flow", False):
        made = stdlib.dumps(plain(yaml.parse(item)), indent=2) if _alone(text, line, start) else _json(item)
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


def _json(value: str) -> str:
    return stdlib.dumps(plain(yaml.parse(value)))


def safe(title: str, edits: list[Edit]) -> Fix | None:
    return Fix(title, tuple(edits)) if edits else None


def risky(title: str, edits: list[Edit], breaks: str) -> Fix | None:
    return Fix(title, tuple(edits), Safety.RISKY, breaks) if edits else None

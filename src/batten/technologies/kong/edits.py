"""Edits of a declarative configuration, in YAML's layout or in JSON's."""

from __future__ import annotations

import json as stdlib

from batten.formats import Workspace, json_edits, yaml, yaml_edits
from batten.formats.tree import Sequence, plain
from batten.model import Edit, Fix, Safety, Span
from batten.technologies.kong.tree import Item, is_json


def put(workspace: Workspace, root: Item, item: Item, value: str) -> list[Edit]:
    """Make a place hold a value, given as YAML; missing keys and parents are made. Raises Uneditable."""
    text = workspace.text(item.source)
    assert root.node is not None
    if is_json(item.source):
        return json_edits.set_value(text, root.node, item.path, _json(value))
    if "\n" in value:
        return yaml_edits.set_block(text, root.node, item.path, value)
    return yaml_edits.set_value(text, root.node, item.path, value)


def put_words(workspace: Workspace, root: Item, item: Item, words: tuple[str, ...]) -> list[Edit]:
    """A list of words, in the layout it has."""
    sources = [yaml_edits.source_of(w) for w in words]
    flow = not isinstance(item.node, Sequence) or item.node.flow
    value = f"[{', '.join(sources)}]" if flow else "\n".join(f"- {s}" for s in sources)
    return put(workspace, root, item, value)


def add(workspace: Workspace, root: Item, item: Item, value: str) -> list[Edit]:
    """An item at the end of a list, which is made where it is missing. Raises Uneditable."""
    text = workspace.text(item.source)
    assert root.node is not None
    if is_json(item.source):
        return json_edits.append_item(text, root.node, item.path, _json(value))
    return yaml_edits.append_item(text, root.node, item.path, value)


def drop(workspace: Workspace, root: Item, item: Item) -> list[Edit]:
    """Without an entry or item, and without what that leaves empty. Raises Uneditable."""
    text = workspace.text(item.source)
    assert root.node is not None
    if is_json(item.source):
        return json_edits.remove(text, root.node, item.path, prune=True)
    return yaml_edits.remove(text, root.node, item.path, prune=True)


def alone(workspace: Workspace, edits: list[Edit]) -> list[Edit]:
    """The edits with the character before each insertion, so that two of them at one place are seen to be
    in each other's way: the second finds what the first has made."""
    return [_held(workspace, e) for e in edits if e.text or e.span.start < e.span.end]


def _held(workspace: Workspace, edit: Edit) -> Edit:
    start = edit.span.start
    if start == 0 or edit.span.end > start:
        return edit
    before = workspace.text(edit.source).text[start - 1]
    return Edit(edit.source, Span(start - 1, edit.span.end), before + edit.text)


def _json(value: str) -> str:
    return stdlib.dumps(plain(yaml.parse(value)))


def safe(title: str, edits: list[Edit]) -> Fix | None:
    return Fix(title, tuple(edits)) if edits else None


def risky(title: str, edits: list[Edit], breaks: str) -> Fix | None:
    return Fix(title, tuple(edits), Safety.RISKY if breaks else Safety.SAFE, breaks) if edits else None

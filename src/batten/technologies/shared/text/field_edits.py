"""Edits of the fields of a configuration, in YAML's layout or in JSON's."""

from __future__ import annotations

import json as stdlib

from batten.formats import Workspace, json_edits, yaml, yaml_edits
from batten.formats.tree import Sequence, plain
from batten.model import Edit, Fix, Safety
from batten.technologies.shared.text.fields import Field


def is_json(path: str) -> bool:
    return path.endswith(".json")


def put(workspace: Workspace, field: Field, value: str) -> list[Edit]:
    """Make a place hold a value, given as YAML; missing keys and parents are made. Raises Uneditable."""
    text = workspace.text(field.source)
    if is_json(field.source):
        return json_edits.set_value(text, field.root, field.path, json_of(value))
    if "\n" in value:
        return yaml_edits.set_block(text, field.root, field.path, value)
    return yaml_edits.set_value(text, field.root, field.path, value)


def put_words(workspace: Workspace, field: Field, words: tuple[str, ...]) -> list[Edit]:
    """A list of words, in the layout it has."""
    sources = [yaml_edits.source_of(w) for w in words]
    flow = not isinstance(field.node, Sequence) or field.node.flow
    value = f"[{', '.join(sources)}]" if flow else "\n".join(f"- {s}" for s in sources)
    return put(workspace, field, value)


def add(workspace: Workspace, field: Field, value: str) -> list[Edit]:
    """An item at the end of a list, which is made where it is missing. Raises Uneditable."""
    text = workspace.text(field.source)
    if is_json(field.source):
        return json_edits.append_item(text, field.root, field.path, json_of(value))
    return yaml_edits.append_item(text, field.root, field.path, value)


def drop(workspace: Workspace, field: Field, prune: bool = True) -> list[Edit]:
    """Without an entry or item, and without what that leaves empty. Raises Uneditable."""
    text = workspace.text(field.source)
    if is_json(field.source):
        return json_edits.remove(text, field.root, field.path, prune=prune)
    return yaml_edits.remove(text, field.root, field.path, prune=prune)


def json_of(value: str) -> str:
    """A value that is given as YAML, as JSON."""
    return stdlib.dumps(plain(yaml.parse(value)))


def safe(title: str, edits: list[Edit]) -> Fix | None:
    return Fix(title, tuple(edits)) if edits else None


def risky(title: str, edits: list[Edit], breaks: str) -> Fix | None:
    return (
        Fix(title, tuple(edits), safety=Safety.RISKY if breaks else Safety.SAFE, breaks=breaks)
        if edits
        else None
    )

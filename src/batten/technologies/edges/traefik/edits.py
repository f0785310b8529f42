"""Edits that put a value into Traefik's configuration in the form in which it is written."""

from __future__ import annotations

import json

from batten.formats import Scalar, Workspace, toml, yaml, yaml_edits
from batten.formats.document import Uneditable
from batten.formats.tree import Sequence, node_at
from batten.model import Edit, Span
from batten.technologies.edges.traefik.values import Value, dotted

New = str | int | bool | list[str] | dict[str, str]


def put(workspace: Workspace, value: Value, new: New) -> list[Edit]:
    """Make that place hold `new`; what is missing on the way is made. Raises Uneditable."""
    if value.form == "toml":
        document = workspace.document(value.source, toml.parse)
        return toml.set_value(document.source, document.tree, value.path, _toml(new))
    page = workspace.document(value.source, yaml.parse)
    if value.form == "yaml":
        return yaml_edits.set_value(page.source, page.tree, value.path, _yaml(new))
    name, text = _name(value), _text(new)
    node = node_at(page.tree, value.place)
    if isinstance(node, Scalar) and isinstance(value.place[-1], str) and value.form == "flags":
        # A flag more in a command that is one line.
        word = f"{name}={text}"
        if node.style in ("|", ">") or (value.exists and value.text is not None):
            raise Uneditable("the command spans several lines")
        page = workspace.document(value.source, yaml.parse)
        return yaml_edits.set_value(page.source, page.tree, value.place, json.dumps(f"{node.text} {word}"))
    page = workspace.document(value.source, yaml.parse)
    place, listed = value.place, isinstance(value.place[-1], int)
    written = value.exists and value.text is not None
    if listed and written:
        return yaml_edits.set_value(page.source, page.tree, place, yaml_edits.source_of(f"{name}={text}"))
    if listed:
        node = node_at(page.tree, place)
        style = node.style if isinstance(node, Scalar) else ""
        item = f"{name}={text}"
        quoted = (
            json.dumps(item) if style == '"' else f"'{item}'" if style == "'" else yaml_edits.source_of(item)
        )
        return yaml_edits.append_item(page.source, page.tree, place[:-1], quoted)
    target = place if written else (*place[:-1], name)
    return yaml_edits.set_value(page.source, page.tree, target, json.dumps(text))


def put_all(workspace: Workspace, value: Value, new: dict[str, int | bool]) -> list[Edit]:
    """Make that place hold these settings; one edit where there is no such place yet."""
    if value.table or value.form not in ("yaml", "toml"):
        return [e for key, one in new.items() for e in put(workspace, value[key], one)]
    if value.form == "toml":
        document = workspace.document(value.source, toml.parse)
        inline = ", ".join(f"{key} = {_toml(one)}" for key, one in new.items())
        return toml.set_value(document.source, document.tree, value.path, f"{{ {inline} }}")
    page = workspace.document(value.source, yaml.parse)
    block = "\n".join(f"{key}: {_yaml(one)}" for key, one in new.items())
    return yaml_edits.set_block(page.source, page.tree, value.path, block)


def _name(value: Value) -> str:
    name = dotted(value.path)
    if value.form == "variables":
        return "TRAEFIK_" + name.replace(".", "_").upper()
    return f"traefik.{name}" if value.form == "labels" else f"--{name}"


def _text(new: New) -> str:
    """As a word; Compose takes a single dollar for a variable."""
    if isinstance(new, dict):
        return "true"
    if isinstance(new, bool):
        return "true" if new else "false"
    return (",".join(new) if isinstance(new, list) else str(new)).replace("$", "$$")


def _yaml(new: New) -> str:
    if isinstance(new, list):
        return "[" + ", ".join(map(yaml_edits.source_of, new)) + "]"
    return "{}" if isinstance(new, dict) else yaml_edits.source_of(new)


def _toml(new: New) -> str:
    return "{}" if isinstance(new, dict) else json.dumps(new)


def drop(workspace: Workspace, value: Value) -> list[Edit]:
    """Take the value away. Raises Uneditable."""
    if value.form == "toml":
        document = workspace.document(value.source, toml.parse)
        text, start = document.text, value.whole.start
        line = text.rfind("\n", 0, start) + 1
        end = text.find("\n", value.whole.end)
        if text[line:start].strip() or text[value.whole.end : end if end >= 0 else None].strip():
            raise Uneditable("it shares its line with another key")
        return [Edit(value.source, Span(line, end + 1 if end >= 0 else len(text)), "")]
    page = workspace.document(value.source, yaml.parse)
    return yaml_edits.remove(page.source, page.tree, value.place, prune=True)


def rename(workspace: Workspace, value: Value, name: str) -> list[Edit]:
    """Give a value another key. Raises Uneditable where its key is quoted."""
    start, written = value.whole.start, value.name
    if not workspace.text(value.source).text.startswith(written, start):
        raise Uneditable("its key is quoted")
    return [Edit(value.source, Span(start, start + len(written)), name)]


def replace_list(workspace: Workspace, value: Value, new: list[str]) -> list[Edit]:
    """A list of words, in the layout it has."""
    if value.form != "yaml" or value.items is None:
        return put(workspace, value, new)
    page = workspace.document(value.source, yaml.parse)
    node = node_at(page.tree, value.path)
    if isinstance(node, Sequence) and node.flow:
        return put(workspace, value, new)
    block = "\n".join(f"- {yaml_edits.source_of(word)}" for word in new)
    return yaml_edits.set_block(page.source, page.tree, value.path, block)

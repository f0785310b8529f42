"""Properties put into a template, in YAML or JSON, as people write them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise

from batten.formats import Mapping, Node, Sequence, json_edits, yaml_edits
from batten.formats.document import Uneditable
from batten.formats.tree import Plain
from batten.formats.yaml_edits import source_of
from batten.model import Edit, Span
from batten.technologies.cloud.cloudformation.template import Template
from batten.technologies.cloud.cloudformation.values import Path

_SHORT = ("Ref", "Fn::GetAtt", "Fn::Sub", "Fn::ImportValue")


def put(template: Template, path: Path, value: Plain) -> list[Edit]:
    """Make `path` hold a value; none when it does. Raises Uneditable."""
    if template.is_json:
        return json_edits.set_value(template.source, template.root, path, json.dumps(_listed(value)))
    text = yaml_source(value)
    keep = not isinstance(value, (dict, list))  # a function in quotes would be a word
    return yaml_edits.set_value(template.source, template.root, path, text, keep_quotes=keep)


def add_item(template: Template, path: Path, value: Plain) -> list[Edit]:
    """Add an item to the list at `path`. Raises Uneditable."""
    if template.is_json:
        return json_edits.append_item(template.source, template.root, path, json.dumps(_listed(value)))
    return yaml_edits.append_item(template.source, template.root, path, yaml_source(value))


def drop(template: Template, path: Path) -> list[Edit]:
    """Take a property out. Raises Uneditable."""
    edit = json_edits.remove if template.is_json else yaml_edits.remove
    return edit(template.source, template.root, path, prune=True)


def add_resource(template: Template, name: str, body: dict[str, Plain]) -> list[Edit]:
    """A resource of its own at the end, set apart as the others are. Raises Uneditable."""
    if name in template.section("Resources"):
        raise Uneditable(f"the resource `{name}` exists already")
    edits = put(template, (name,) if template.bare else (*template.base, "Resources", name), body)
    if template.is_json or not _spaced(template):
        return edits
    newline = template.source.newline
    return [Edit(edit.source, edit.span, newline + edit.text) for edit in edits]


def add_parameter(template: Template, name: str, body: dict[str, Plain]) -> list[Edit]:
    """A parameter, in a section before the resources where there is none yet. Raises Uneditable."""
    if template.base or template.bare:
        raise Uneditable("the file is not a template of its own")
    resources = template.root.entry("Resources")
    if template.is_json or "Parameters" in template.root or resources is None or template.root.flow:
        return put(template, ("Parameters", name), body)
    newline = template.source.newline
    text = yaml_source({"Parameters": {name: body}}) + "\n" + ("\n" if _spaced(template) else "")
    at = resources.key.span.start
    return [Edit(template.path, Span(at, at), text.replace("\n", newline))]


def _spaced(template: Template) -> bool:
    """Whether a blank line stands between resources; one resource alone is set apart."""
    root, known = template.source.noted.get("spaced", (None, False))
    if root is not template.root:
        spans = [entry.span for entry in template.section("Resources")]
        between = [template.source.text[a.end : b.start] for a, b in pairwise(spans)]
        known = not between or any(text.replace("\r", "").count("\n") > 1 for text in between)
        template.source.noted["spaced"] = (template.root, known)
    return known is True


def path_to(template: Template, span: Span) -> Path | None:
    """The way to the value, or to the entry, that has this span; None where an anchor gives it."""
    node: Node = template.root
    path: Path = ()
    while True:
        step = next((s for s in _children(node, span) if _covers(s[1], span)), None)
        if step is None:
            return None
        part, whole, node, written = step
        path = (*path, part)
        if span in (whole, written, template.span(node)):
            return path
        if written != node.span:
            return None


def _children(node: Node, span: Span) -> Iterator[tuple[str | int, Span, Node, Span]]:
    """The parts of a node that may hold the span."""
    if isinstance(node, Mapping):
        holder = node.around(span)
        for entry in (holder,) if holder is not None else node:
            if not entry.merged:
                yield entry.key.text, entry.span, entry.value, entry.alias or entry.value.span
    elif isinstance(node, Sequence):
        for number, item in enumerate(node.items):
            span = node.aliases.get(number, item.span)
            yield (
                number,
                Span(span.start - len(item.tag) - 40 if item.tag else span.start, span.end),
                item,
                span,
            )


def _covers(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def yaml_source(value: Plain) -> str:
    """A value as block YAML, functions in their short form."""
    if isinstance(value, dict) and value:
        if len(value) != 1:
            short: str | None = None
        else:
            ((name, argument),) = value.items()
            if name not in _SHORT or not isinstance(argument, str):
                short = None
            else:
                short = f"!{name.removeprefix('Fn::')} {source_of(argument)}"
        return short if short is not None else "\n".join(_entry(key, inner) for key, inner in value.items())
    if isinstance(value, list) and value:
        if all(isinstance(item, str) for item in value) and len(json.dumps(value)) < 60 and len(value) == 1:
            return f"[{source_of(str(value[0]))}]"
        return "\n".join("- " + yaml_source(item).replace("\n", "\n  ") for item in value)
    if isinstance(value, (dict, list)):
        return json.dumps(value)
    return source_of(value)


def _entry(key: str, value: Plain) -> str:
    name = key if source_of(key) == key else json.dumps(key)
    text = yaml_source(value)
    if isinstance(value, (dict, list)) and value and not text.startswith(("!", "[")):
        return f"{name}:\n  " + text.replace("\n", "\n  ")
    return f"{name}: {text}"


def _listed(value: Plain) -> Plain:
    """JSON has no `!GetAtt A.Arn`: there it is a list."""
    match value:
        case {"Fn::GetAtt": str() as text}:
            return {"Fn::GetAtt": [*text.split(".", 1)]}
        case dict():
            return {key: _listed(inner) for key, inner in value.items()}
        case list():
            return [_listed(item) for item in value]
        case _:
            return value

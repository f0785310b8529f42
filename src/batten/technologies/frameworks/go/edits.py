"""Edits of Go's source: fields of literals, lines, imports, and where a finding's place is in the tree."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tree_sitter import Node

from batten.formats.lines import indentation, line_break, line_end, line_start, next_line, removal
from batten.model import Edit, Location, Span
from batten.technologies.frameworks.go.module import Module, imported


def at_call(module: Module, at: Location) -> Node | None:
    return next((c for c in module.calls if module.script.span(c) == at.span), None)


def at_literal(module: Module, at: Location) -> Node | None:
    return next((n for n in module.literals if module.script.span(n) == at.span), None)


def at_value(module: Module, at: Location) -> Node | None:
    """The innermost expression that is written at a place."""
    found = [n for n in module.script.nodes if module.script.span(n) == at.span]
    return found[-1] if found else None


def listed(words: tuple[str, ...]) -> str:
    """A list of texts."""
    return f"[]string{{{', '.join(json.dumps(word, ensure_ascii=False) for word in words)}}}"


def fields_edits(module: Module, literal: Node, wanted: Mapping[str, str]) -> list[Edit]:
    """Edits that give a composite literal these fields."""
    written = module.options(literal)
    edits = [
        Edit(module.path, module.script.span(written[name]), text)
        for name, text in wanted.items()
        if name in written and module.text(written[name]) != text
    ]
    missing = {name: text for name, text in wanted.items() if name not in written}
    return [*edits, *([_added(module, literal, missing)] if missing else [])]


def _added(module: Module, literal: Node, missing: Mapping[str, str]) -> Edit:
    """Fields at the end, each on a line of its own where the others are."""
    body = literal.child_by_field_name("body")
    assert body is not None  # the grammar has no literal without one
    text, where = module.script.text, module.script.span(body)
    inner = [c for c in body.named_children if c.type != "comment"]
    if not inner:
        return Edit(module.path, where, f"{{{', '.join(f'{k}: {v}' for k, v in missing.items())}}}")
    first, last = module.script.span(inner[0]), module.script.span(inner[-1])
    comma = text[last.end : where.end].lstrip().startswith(",")
    if "\n" not in text[where.start : first.start]:
        place = text.index(",", last.end) + 1 if comma else last.end
        joined = ", ".join(f"{k}: {v}" for k, v in missing.items())
        return Edit(module.path, Span(place, place), f" {joined}," if comma else f", {joined}")
    place = line_end(text, last.end)
    lead = line_break(text) + indentation(text, first.start)
    return Edit(module.path, Span(place, place), "".join(f"{lead}{k}: {v}," for k, v in missing.items()))


def line_before(module: Module, node: Node, line: str) -> Edit:
    """A statement before another, on a line of its own."""
    text, start = module.script.text, module.script.span(node).start
    place = line_start(text, start)
    return Edit(module.path, Span(place, place), indentation(text, start) + line + line_break(text))


def line_after(module: Module, node: Node, line: str) -> Edit:
    """A statement after another, on a line of its own."""
    text, where = module.script.text, module.script.span(node)
    place = line_end(text, where.end)
    return Edit(module.path, Span(place, place), line_break(text) + indentation(text, where.start) + line)


def import_edits(module: Module, path: str) -> list[Edit]:
    """An import of a package of the standard library, in the order that gofmt keeps."""
    if path in module.packages.values():
        return []
    listed = [s for s in module.imports if s.parent is not None and s.parent.type == "import_spec_list"]
    if not listed:
        # An import of its own after the first.
        first = next((s for s in module.imports), None)
        if first is None or first.parent is None:
            return []
        return [line_after(module, first.parent, f"import {json.dumps(path)}")]
    own = [s for s in listed if "." not in imported(module, s).split("/")[0]]
    before = [s for s in own if imported(module, s) < path]
    if before:
        # A line at the beginning of the next: the node's own may be removed at the same time.
        line = json.dumps(path)
        text, where = module.script.text, module.script.span(before[-1])
        place = next_line(text, where.end)
        return [
            Edit(module.path, Span(place, place), indentation(text, where.start) + line + line_break(text))
        ]
    return [line_before(module, (own or listed)[0], json.dumps(path))]


def unimport_edits(module: Module, path: str) -> list[Edit]:
    """The removal of an import that one place uses, or none."""
    spec = next((s for s in module.imports if imported(module, s) == path), None)
    local = next((name for name, held in module.packages.items() if held == path), None)
    if spec is None or (local is not None and _used(module, local) > 1):
        return []
    alone = spec.parent is not None and spec.parent.type == "import_declaration"
    node = spec.parent if alone and spec.parent is not None else spec
    return [removal(module.source, module.script.span(node))]


def _used(module: Module, local: str) -> int:
    nodes = (n for n in module.script.nodes if n.type in ("selector_expression", "qualified_type"))
    return sum(
        module.text(n.child_by_field_name("operand") or n.child_by_field_name("package")) == local
        for n in nodes
    )

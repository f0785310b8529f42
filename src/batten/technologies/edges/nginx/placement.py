"""Where a line goes: next to related directives, before the nested blocks, in the file that holds the block."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from batten.formats import nginx_edits
from batten.formats.blocks import Directive
from batten.formats.lines import (
    described_from,
    indentation,
    indented,
    line_break,
    line_end,
    line_start,
    remove,
    replace,
    stands_alone,
)
from batten.model import Edit, Span
from batten.technologies.edges.nginx.tree import Tree
from batten.technologies.shared.edges.nodes import Item

_REST = re.compile(r"[ \t]*(?:#.*)?$")


def into(block: Item, lines: str, like: Iterable[str] = ()) -> Edit:
    """`lines` into a block: after the last directive whose name starts like one of `like` (the first
    of these that is there), else after the simple directives at its top."""
    children = block.directive.children
    for prefix in like:
        same = [c for c in children if c.name.startswith(prefix) and c.body is None]
        if same:
            return after(block, same[-1], lines)
    # The last simple directive before the first block.
    found = None
    for child in children:
        if child.body is not None:
            break
        found = child
    simple = found
    if simple is not None:
        return after(block, simple, lines)
    if children:
        return nginx_edits.prepend(block.source, block.directive, lines)
    return nginx_edits.append(block.source, block.directive, lines)


def after(block: Item, directive: Directive, lines: str) -> Edit:
    """`lines` right after one of the block's directives."""
    text, end = block.source.text, directive.span.end
    stop = line_end(text, end)
    alone = not text[line_start(text, directive.span.start) : directive.span.start].strip()
    if alone and _REST.match(text[end:stop]):
        indent, newline = indentation(text, directive.span.start), line_break(text)
        return Edit(block.source.path, Span(stop, stop), newline + indent + indented(lines, indent, newline))
    return Edit(
        block.source.path, Span(end, end), " " + " ".join(line.strip() for line in lines.splitlines())
    )


def before(item: Item, lines: str) -> Edit:
    """`lines` and an empty line before a block and the comments about it."""
    text, start = item.source.text, item.directive.span.start
    indent, newline = indentation(text, start), line_break(text)
    described = described_from(text, start)
    if described < line_start(text, start):
        start = described + len(indent)
    here = indented(lines, indent, newline) + newline + newline + indent
    # Lines without blanks at their ends; the last one is the indentation of what follows.
    *trimmed_lines, last = here.split(newline)
    return Edit(
        item.source.path, Span(start, start), newline.join([*(line.rstrip() for line in trimmed_lines), last])
    )


def first_in(block: Item, lines: str) -> Edit:
    return nginx_edits.prepend(block.source, block.directive, lines)


def replaced(item: Item, line: str) -> Edit:
    return replace(item.source, item.directive, line)


def removed(item: Item) -> Edit:
    """The directive taken away, with the line break before it when it is alone on its line: what
    another fix puts at the line's end then stays."""
    text, span = item.source.text, item.directive.span
    start = line_start(text, span.start)
    if start == 0 or not stands_alone(text, span):
        return remove(item.source, item.directive)
    before_it = start - 2 if text[start - 2 : start] == "\r\n" else start - 1
    return Edit(item.source.path, Span(before_it, line_end(text, span.end)), "")


def in_http(tree: Tree, lines: str) -> Edit:
    """`lines` in the http context: before the first server of all."""
    return before(tree.servers[0], lines)


def written(item: Item) -> str:
    """The directive as it stands."""
    span = item.directive.head
    return item.source.text[span.start : span.end] + ";"


def step(block: Item) -> str:
    """One step of indentation in the block's file."""
    return _step(block.source.text)


@lru_cache(maxsize=8)
def _step(text: str) -> str:
    found = re.search(r"^([ \t]+)[^\s#]", text, re.MULTILINE)
    return found[1] if found else "    "


def quoted(value: str) -> str:
    """A value as a word of nginx's."""
    if value and not re.search(r"[\s;{}\"'#\\]", value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'

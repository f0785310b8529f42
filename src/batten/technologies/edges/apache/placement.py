"""Where a line goes: next to related directives, before the nested sections, in the file that holds the block."""

from __future__ import annotations

import re
from collections.abc import Iterable

from batten.formats.lines import (
    below,
    in_place,
    indentation,
    indented,
    line_break,
    line_end,
    line_start,
    removal,
)
from batten.model import Edit, Span
from batten.technologies.edges.apache.tree import Item, Tree

_INDENTED = re.compile(r"^([ \t]+)[^\s#]", re.MULTILINE)


def into(block: Item, lines: str, like: Iterable[str] = ()) -> Edit:
    """`lines` into a block: after the last directive whose name starts like one of `like` (the first of
    these that is there), else after the simple directives at its top, else as its first."""
    here = [i for i in block.items if i.source.path == block.source.path]
    for prefix in like:
        same = [i for i in here if i.name.startswith(prefix) and not i.section]
        if same:
            return after(same[-1], lines)
    # The last simple directive before the first section. A condition does not open a block here.
    found = None
    for item in here:
        if item.section:
            break
        found = item
    simple = found
    if simple is not None:
        return after(simple, lines)
    return first_in(block, lines)


def after(item: Item, lines: str) -> Edit:
    """`lines` right behind a directive, or behind a section."""
    return below(item.source, item.directive.span, lines)


def first_in(block: Item, lines: str) -> Edit:
    """`lines` as the first of a block; at the end of the file where the block is the file."""
    text, path = block.source.text, block.source.path
    newline = line_break(text)
    if not block.name:
        lead = newline if text and not text.endswith("\n") else ""
        return Edit(path, Span(len(text), len(text)), lead + indented(lines, "", newline) + newline)
    end = line_end(text, block.directive.head.end)
    indent = indentation(text, block.directive.span.start) + step(block)
    return Edit(path, Span(end, end), newline + indent + indented(lines, indent, newline))


def replaced(item: Item, line: str) -> Edit:
    return in_place(item.source, item.directive.span, line)


def word(item: Item, index: int, text: str) -> Edit:
    """One argument replaced."""
    return Edit(item.source.path, item.directive.args[index].span, text)


def removed(item: Item) -> Edit:
    """The directive taken away with its line, and the line break before it: what another fix puts at the
    line's end then stays."""
    text, span = item.source.text, item.directive.span
    start = line_start(text, span.start)
    if start == 0:
        return removal(item.source, span)
    before_it = start - 2 if text[start - 2 : start] == "\r\n" else start - 1
    return Edit(item.source.path, Span(before_it, line_end(text, span.end)), "")


def step(block: Item) -> str:
    """One step of indentation in the block's file."""
    found = _INDENTED.search(block.source.text)
    return found[1] if found else "    "


def quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def regex(value: str) -> str:
    """An expression as an argument: a backslash is only doubled where httpd would take it away."""
    return '"' + value.replace("\\\\", "\\\\\\\\").replace('"', '\\"') + '"'


def spelt(item: Item) -> str:
    """The directive's name as it is written."""
    start = item.directive.span.start + (1 if item.section else 0)
    return item.source.text[start : start + len(item.name)]


def load_module(tree: Tree, *names: str) -> tuple[Edit, ...]:
    """`LoadModule` lines for what a fix needs and the configuration, as far as it is known, does not load."""
    missing = [n for n in names if tree.modules is not None and n not in tree.modules]
    last = [i for i in tree.root.all("loadmodule") if len(i.values) > 1]
    if not missing or not last:
        return ()
    folder = last[-1].values[1].rpartition("/")[0] or "modules"
    lines = "\n".join(f"LoadModule {n}_module {folder}/mod_{n}.so" for n in missing)
    return (after(last[-1], lines),)

"""Edits of an nginx file that keep its comments, indentation and line ends."""

from __future__ import annotations

import re

from batten.formats.blocks import Directive
from batten.formats.document import Text
from batten.formats.lines import indentation, indented, line_break, line_end, line_start
from batten.model import Edit, Span

_INDENTED = re.compile(r"^([ \t]+)[^\s#]", re.MULTILINE)


def append(source: Text, block: Directive, line: str) -> Edit:
    """`line` as the block's last directive, a new line with the last child's indentation.

    The root is a block too. Raises ValueError for a directive that has no children to add to.
    """
    body = _body(block)
    if not block.children:
        return _fill(source, block, line)
    text, last = source.text, block.children[-1].span
    indent = _child_indent(source, block, block.children[-1])
    end = line_end(text, last.end)
    newline = line_break(text)
    if body.end < end or (body.end == end and block.name):
        # `line` between the last child and a '}' on the same line.
        text, last, body = source.text, block.children[-1].span, _body(block)
        newline = line_break(text)
        one_line = "\n" not in text[block.span.start : block.span.end]
        if one_line and not _needs_lines(line):
            return Edit(source.path, Span(last.end, last.end), " " + line)
        outer = indentation(text, block.span.start)
        added = newline + indent + indented(line, indent, newline) + newline + outer
        return Edit(source.path, Span(last.end, body.end), added)
    return Edit(source.path, Span(end, end), newline + indent + indented(line, indent, newline))


def prepend(source: Text, block: Directive, line: str) -> Edit:
    """`line` as the block's first directive. Raises ValueError as `append` does."""
    body = _body(block)
    if not block.children:
        return _fill(source, block, line)
    text, first = source.text, block.children[0]
    newline = line_break(text)
    indent = _child_indent(source, block, first)
    here = first.span.start
    between = text[body.start : here]
    if block.name and "\n" in between:
        here = line_end(text, body.start)
        return Edit(source.path, Span(here, here), newline + indent + indented(line, indent, newline))
    if not block.name or _needs_lines(line):
        return Edit(source.path, Span(here, here), indented(line, indent, newline) + newline + indent)
    return Edit(source.path, Span(here, here), line + " ")


def _body(block: Directive) -> Span:
    if block.body is None or block.raw:
        raise ValueError(f"`{block.name}` has no directives inside")
    return block.body


def _fill(source: Text, block: Directive, line: str) -> Edit:
    """`line` into a block that holds at most comments."""
    text, body = source.text, _body(block)
    newline = line_break(text)
    if not block.name:
        lead = newline if text and not text.endswith("\n") else ""
        return Edit(source.path, Span(body.end, body.end), lead + indented(line, "", newline) + newline)
    outer = indentation(text, block.span.start)
    indent = outer + _unit(text)
    added = indent + indented(line, indent, newline) + newline
    if "\n" in text[body.start : body.end]:
        here = line_start(text, body.end)
        return Edit(source.path, Span(here, here), added)
    return Edit(source.path, body, newline + added + outer)


def _needs_lines(line: str) -> bool:
    """A comment would swallow what follows it on one line."""
    return "#" in line or "\n" in line


def _child_indent(source: Text, block: Directive, child: Directive) -> str:
    text = source.text
    start = line_start(text, child.span.start)
    if block.name and start <= block.head.end:
        return indentation(text, block.span.start) + _unit(text)
    return indentation(text, child.span.start)


def _unit(text: str) -> str:
    """One step of indentation, judged by the first indented line."""
    found = _INDENTED.search(text)
    return found[1] if found else "    "

"""Where a line or a member of an array goes. `+=` lines can stand beside each other, so each fix brings its own."""

from __future__ import annotations

import re

from batten.formats.document import Text
from batten.formats.lighttpd import Block, Entry, Form
from batten.formats.lines import (
    above,
    below,
    indentation,
    indented,
    line_break,
    line_end,
    line_start,
    removal,
    stands_alone,
)
from batten.model import Edit, Span
from batten.technologies.edges.lighttpd.tree import Held, Item, Scope, Tree

_COMMA = re.compile(r"[ \t]*,")
_INDENTED = re.compile(r"^([ \t]+)[^\s#]", re.MULTILINE)


def into(scope: Scope, lines: str) -> Edit:
    """`lines` below the assignments that the scope begins with."""
    own = [i for i in scope.items if i.source is scope.source]
    first = min(
        (s.span.start for s in scope.scopes if s.source is scope.source), default=len(scope.source.text)
    )
    early = [i for i in own if i.assignment.span.start < first]
    if early:
        return after(early[-1], lines)
    if scope.block is not None:
        return _opening(scope.source, scope.block, lines)
    return above(scope.source, Span(scope.span.start, scope.span.start), lines)


def after(item: Item, lines: str) -> Edit:
    """`lines` below an assignment; behind it where its block is on one line."""
    text, span = item.source.text, item.assignment.span
    block = item.scope.block
    if block is not None and "\n" not in text[block.span.start : block.span.end]:
        return Edit(item.source.path, Span(span.end, span.end), " " + " ".join(lines.split("\n")))
    return below(item.source, span, lines)


def _opening(source: Text, block: Block, lines: str) -> Edit:
    """`lines` as the first of a block that begins with none of its own."""
    newline = line_break(source.text)
    indent = indentation(source.text, block.span.start) + step(source.text)
    at = block.body.start
    rest = source.text[at : block.body.end]
    tail = newline + indentation(source.text, block.span.start) if "\n" not in rest else ""
    end = block.body.end if not rest.strip() and tail else at
    return Edit(source.path, Span(at, end), newline + indent + indented(lines, indent, newline) + tail)


def at_end(scope: Scope, lines: str) -> Edit:
    """Blocks below all else in the scope, so that they decide over what is above."""
    if scope.block is None:
        return below(scope.source, scope.span, f"\n{lines}", "")
    last = scope.block.statements[-1:]
    return below(scope.source, last[0].span, lines) if last else into(scope, lines)


def member(item: Item, text: str) -> Edit | None:
    """A member at the end of the array that an assignment writes; None where it writes no array itself."""
    value = item.assignment.value
    if value.form is not Form.ARRAY:
        return None
    if not value.entries:
        return Edit(item.source.path, Span(value.span.start + 1, value.span.start + 1), f" {text},")
    last = value.entries[-1].span
    written = item.source.text
    own_line = "\n" in written[value.span.start : last.start]
    lead = line_break(written) + indentation(written, last.start) if own_line else " "
    return Edit(item.source.path, Span(last.end, last.end), f",{lead}{text}")


def without(item: Item, entry: Entry) -> Edit:
    """The member taken away with the comma behind it, and with its line; the whole assignment when it is the only one.
    A comma that is left before the array's end is allowed."""
    if len(item.assignment.value.entries) == 1:
        return removed(item)
    text = item.source.text
    comma = _COMMA.match(text, entry.span.end)
    span = Span(entry.span.start, comma.end() if comma is not None else entry.span.end)
    return taken(item.source, span)


def removed(item: Item) -> Edit:
    """The assignment taken away, with its line."""
    return taken(item.source, item.assignment.span)


def taken(source: Text, span: Span) -> Edit:
    """`span` taken away, with the line break before it when it is alone on its lines: what another fix puts at the
    line's end then stays."""
    text = source.text
    start = line_start(text, span.start)
    if start == 0 or not stands_alone(text, span):
        return removal(source, span)
    lead = start - 2 if text[start - 2 : start] == "\r\n" else start - 1
    return Edit(source.path, Span(lead, line_end(text, span.end)), "")


def module(tree: Tree, name: str) -> list[Edit]:
    """What loads a module that is not loaded; a fragment's main file is not here to be changed."""
    if tree.loaded(name) is not False:
        return []
    found = tree.root.find("server.modules")
    if isinstance(found, Held):
        edit = member(found.last, quoted(name))
        return [edit if edit is not None else after(found.last, f'server.modules += ( "{name}" )')]
    return [into(tree.root, f'server.modules += ( "{name}" )')]


def quoted(text: str) -> str:
    """A text as a value. It must not end with a backslash, which would escape the quote."""
    return '"' + text.replace('"', '\\"') + '"'


def step(text: str) -> str:
    """One step of indentation, judged by the first indented line."""
    found = _INDENTED.search(text)
    return found[1] if found else "    "

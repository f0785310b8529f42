"""Edits of an HCL file that keep its comments, indentation and line ends."""

from __future__ import annotations

import re
from collections.abc import Iterable

from batten.formats.document import Text
from batten.formats.hcl import Attribute, Block, Body
from batten.formats.lines import indentation, indented, line_break, line_end, line_start, next_line, removal
from batten.model import Edit, Span

_BLOCK = re.compile(r"\w[\w-]*(?: \"[^\"\n]*\")* \{")  # a block stands apart from what is before it
_INDENTED = re.compile(r"^([ \t]+)[^\s#/]", re.MULTILINE)


def set_attribute(source: Text, place: Body | Block, name: str, value: str) -> Edit:
    """The attribute with `value`, an expression as it is written: in place, or after the last one."""
    body = place.body if isinstance(place, Block) else place
    known = body.attributes.get(name)
    if known is not None:
        indent = indentation(source.text, known.span.start)
        written = indented(value, indent, line_break(source.text))
        return Edit(source.path, known.expression.span, written)
    line = f"{name} = {value}"
    if isinstance(place, Block):
        return _into(source, place, line, _last(body.attributes.values()))
    last = _last(body.attributes.values())
    if last is not None and body.span == Span(0, len(source.text)):
        return _after(source, last.span.end, line, indentation(source.text, last.span.start))
    if last is not None:
        raise ValueError("give the block, not its body, to add an attribute inside one")
    return Edit(
        source.path, Span(0, 0), indented(line, "", line_break(source.text)) + line_break(source.text)
    )


def append_block(source: Text, after: Block | None, text: str) -> Edit:
    """A new top-level block below another, or at the file's end, with a blank line between."""
    newline = line_break(source.text)
    block = indented(text.rstrip("\r\n"), "", newline)
    if after is not None:
        at = line_end(source.text, after.span.end)
        return Edit(source.path, Span(at, at), newline + newline + block)
    at = len(source.text)
    lead = newline if source.text.strip() else ""
    if source.text and not source.text.endswith("\n"):
        lead += newline
    return Edit(source.path, Span(at, at), lead + block + newline)


def append_in(source: Text, block: Block, text: str) -> Edit:
    """A nested block, with an empty line before it, or any lines, at the end of a block's body."""
    last = _last([*block.body.attributes.values(), *block.body.blocks])
    lines = text.rstrip("\r\n")
    apart = last is not None and _BLOCK.match(lines) is not None
    return _into(source, block, "\n" + lines if apart else lines, last)


def remove(source: Text, thing: Attribute | Block) -> Edit:
    """An attribute or block taken away, with its lines when it is alone on them."""
    return removal(source, thing.span)


def _last(things: Iterable[Attribute | Block]) -> Attribute | Block | None:
    return max(things, key=lambda t: t.span.end, default=None)


def _into(source: Text, block: Block, lines: str, last: Attribute | Block | None) -> Edit:
    """`lines` into a block after its child `last`; before the closing brace when there is none."""
    text, body = source.text, block.body.span
    newline = line_break(text)
    outer = indentation(text, block.span.start)
    if "\n" not in text[body.start : body.end]:
        # A block on one line holds one attribute at most, so it takes lines of its own.
        text, body = source.text, block.body.span
        newline = line_break(text)
        inner = outer + _unit(text)
        held = text[body.start : body.end].strip()
        first = newline + inner + held if held else ""
        added = newline + _whole(lines, inner, newline) + newline + outer
        return Edit(source.path, body, first + added)
    if last is not None and "\n" in text[last.span.end : body.end]:
        here = line_start(text, last.span.start)
        inner = indentation(text, last.span.start) if here > block.head.end else outer + _unit(text)
        return _after(source, last.span.end, lines, inner)
    inner = outer + _unit(text)
    if last is None and not block.body.blocks:
        here = line_start(text, body.end)
        return Edit(source.path, Span(here, here), _whole(lines, inner, newline) + newline)
    here = line_end(text, body.start)
    return Edit(source.path, Span(here, here), newline + _whole(lines, inner, newline))


def _after(source: Text, offset: int, lines: str, indent: str) -> Edit:
    text = source.text
    newline = line_break(text)
    end = line_end(text, offset)
    if next_line(text, offset) == end:
        return Edit(source.path, Span(end, end), newline + _whole(lines, indent, newline) + newline)
    return Edit(source.path, Span(end, end), newline + _whole(lines, indent, newline))


def _whole(lines: str, indent: str, newline: str) -> str:
    """`lines`, each of them indented but for empty ones."""
    return (indent if lines and lines[0] != "\n" else "") + indented(lines, indent, newline)


def _unit(text: str) -> str:
    found = _INDENTED.search(text)
    return found[1] if found else "  "

"""Edits of a Caddyfile that keep its comments, indentation and line ends."""

from __future__ import annotations

import re

from batten.formats.caddyfile import Statement
from batten.formats.document import Text
from batten.formats.lines import (
    after,
    indentation,
    indented,
    line_break,
    line_end,
)
from batten.model import Edit, Span

_PLAIN = re.compile(r"[^\s\"`#{}\\<][^\s\"`{}\\]*")
_INDENTED = re.compile(r"^([ \t]+)[^\s#]", re.MULTILINE)


def append(source: Text, block: Statement, lines: str) -> Edit:
    """`lines` as the block's last statements. Raises ValueError for a statement without a block."""
    if block.children:
        return after(source, block.children[-1], lines)
    return prepend(source, block, lines)


def prepend(source: Text, block: Statement, lines: str) -> Edit:
    """`lines` as the block's first statements. Raises ValueError as `append` does."""
    if block.body is None:
        raise ValueError(f"`{block.name}` has no block")
    text, newline = source.text, line_break(source.text)
    outer = indentation(source.text, block.span.start)
    indent = outer if block.bare else outer + step(source.text)
    end = line_end(text, block.body.start)
    return Edit(source.path, Span(end, end), newline + indent + indented(lines, indent, newline))


def nested(source: Text, head: str, *inner: str) -> str:
    """A statement with a block, in the file's own step of indentation."""
    unit = step(source.text)
    return "\n".join(
        [f"{head} {{".lstrip(), *(unit + line for part in inner for line in part.splitlines()), "}"]
    )


def quoted(text: str) -> str:
    """The word as it must be written to be read back."""
    if _PLAIN.fullmatch(text):
        return text
    if '"' in text and "`" not in text:
        return f"`{text}`"
    return '"' + text.replace('"', '\\"') + '"'


def step(text: str) -> str:
    """One step of indentation, judged by the first indented line; `caddy fmt` writes a tab."""
    found = _INDENTED.search(text)
    return found[1] if found else "\t"

"""Lines added to a Dockerfile."""

from __future__ import annotations

from batten.formats.dockerfile import Instruction
from batten.formats.document import Text
from batten.formats.lines import indented, line_break, line_end
from batten.model import Edit, Span


def insert_after(source: Text, instruction: Instruction, line: str) -> Edit:
    """`line` on a new line below the instruction."""
    text, end = source.text, instruction.span.end
    newline = line_break(text)
    at = line_end(text, end)
    if text[end:at].strip():
        # A continuation that the file's end cuts off would swallow the new line.
        return Edit(source.path, Span(end, len(text)), newline + indented(line, "", newline) + newline)
    return Edit(source.path, Span(at, at), newline + indented(line, "", newline))


def insert_before(source: Text, instruction: Instruction, line: str) -> Edit:
    """`line` on a new line above the instruction, below the comments that precede it."""
    newline = line_break(source.text)
    at = instruction.span.start
    return Edit(source.path, Span(at, at), indented(line, "", newline) + newline)

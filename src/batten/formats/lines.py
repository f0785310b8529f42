"""Physical lines of a text, for edits that add or take away whole lines."""

from __future__ import annotations

from typing import Protocol

from batten.formats.document import Text
from batten.model import Edit, Span

BLANKS = " \t"


def line_break(text: str) -> str:
    """The line end that the text uses, judged by its first."""
    at = text.find("\n")
    return "\r\n" if at > 0 and text[at - 1] == "\r" else "\n"


def line_start(text: str, offset: int) -> int:
    return text.rfind("\n", 0, offset) + 1


def line_end(text: str, offset: int) -> int:
    """Where the line of `offset` ends, before its line break."""
    end = text.find("\n", offset)
    if end < 0:
        return len(text)
    return end - 1 if end > offset and text[end - 1] == "\r" else end


def next_line(text: str, offset: int) -> int:
    end = text.find("\n", offset)
    return len(text) if end < 0 else end + 1


def indentation(text: str, offset: int) -> str:
    """The blanks that the line of `offset` starts with."""
    start = line_start(text, offset)
    line = text[start : line_end(text, start)]
    return line[: len(line) - len(line.lstrip(BLANKS))]


def stands_alone(text: str, span: Span) -> bool:
    """Whether nothing but blanks shares the lines of `span`."""
    before = text[line_start(text, span.start) : span.start]
    after = text[span.end : line_end(text, span.end)]
    return not before.strip(BLANKS) and not after.strip(BLANKS)


def removal(source: Text, span: Span) -> Edit:
    """Take `span` away: with its lines when it stands alone on them, else with the blanks before it."""
    text = source.text
    if stands_alone(text, span):
        return Edit(source.path, Span(line_start(text, span.start), next_line(text, span.end)), "")
    start = span.start
    while start > 0 and text[start - 1] in BLANKS:
        start -= 1
    if start == line_start(text, start):
        end = span.end + len(text[span.end :]) - len(text[span.end :].lstrip(BLANKS))
        return Edit(source.path, Span(span.start, end), "")
    return Edit(source.path, Span(start, span.end), "")


def indented(lines: str, indent: str, newline: str) -> str:
    """`lines` with every line but the first and empty ones indented, and the text's own line ends."""
    return newline.join(
        indent + line if number and line else line for number, line in enumerate(lines.splitlines())
    )


def appended(source: Text, offset: int, line: str) -> Edit:
    """`line` as a new line after the one that holds `offset`."""
    at = line_end(source.text, offset)
    newline = line_break(source.text)
    if at == line_start(source.text, at):
        return Edit(source.path, Span(at, at), line + newline)
    return Edit(source.path, Span(at, at), newline + line)


def described_from(text: str, offset: int) -> int:
    """Where the line of `offset` starts, with the comments directly above it, which are about it. Those that a file begins with
    are about the file, or mean something to a program."""
    start = here = line_start(text, offset)
    indent = indentation(text, offset)
    while start > 0:
        above = line_start(text, start - 1)
        line = text[above : line_end(text, above)]
        if not line.startswith((f"{indent}#", f"{indent}//")):
            return start
        start = above
    return here


def above(source: Text, span: Span, lines: str) -> Edit:
    """`lines` above the line that `span` starts on and the comments about it, with its indentation."""
    text, newline = source.text, line_break(source.text)
    start = described_from(text, span.start)
    indent = indentation(text, span.start)
    return Edit(source.path, Span(start, start), indent + indented(lines, indent, newline) + newline)


def below(source: Text, span: Span, lines: str, indent: str | None = None) -> Edit:
    """`lines` below the line that `span` ends on, indented as the line that it starts on, or by `indent`."""
    text, newline = source.text, line_break(source.text)
    given = indentation(text, span.start) if indent is None else indent
    end = line_end(text, span.end)
    return Edit(source.path, Span(end, end), newline + given + indented(lines, given, newline))


def in_place(source: Text, span: Span, lines: str) -> Edit:
    """`lines` in the place of `span`, with the indentation of the line that it starts on."""
    indent = indentation(source.text, span.start)
    return Edit(source.path, span, indented(lines, indent, line_break(source.text)))


class Spanned(Protocol):
    """A statement of any syntax."""

    @property
    def span(self) -> Span: ...


def after(source: Text, statement: Spanned, lines: str) -> Edit:
    """`lines` below a statement, with its indentation."""
    return below(source, statement.span, lines)


def before(source: Text, statement: Spanned, lines: str) -> Edit:
    """`lines` above a statement, with its indentation."""
    return above(source, statement.span, lines)


def replace(source: Text, statement: Spanned, lines: str) -> Edit:
    """`lines` in the place of a statement and its block; a comment behind it stays."""
    return in_place(source, statement.span, lines)


def remove(source: Text, statement: Spanned) -> Edit:
    """The statement taken away, with its lines when nothing else is on them; comments stay."""
    return removal(source, statement.span)

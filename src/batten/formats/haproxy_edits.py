"""Edits of an HAProxy file that keep its comments, indentation and line ends."""

from __future__ import annotations

import re

from batten.formats.document import Text
from batten.formats.haproxy import Section, Statement
from batten.formats.lines import (
    below,
    indentation,
)
from batten.model import Edit, Span

_PLAIN = re.compile(r"[^\s\"'\\#$]+")
_INDENTED = re.compile(r"^([ \t]+)[^\s#]", re.MULTILINE)


def append(source: Text, section: Section, lines: str) -> Edit:
    """`lines` as the section's last statements."""
    return after(source, section, section.statements[-1] if section.statements else section.head, lines)


def after(source: Text, section: Section, statement: Statement, lines: str) -> Edit:
    """`lines` below a statement of the section, or below its head."""
    # That of the statement, or one step when it is the head of an empty section.
    if statement is not section.head:
        indent = indentation(source.text, statement.span.start)
    elif section.statements:
        indent = indentation(source.text, section.statements[0].span.start)
    else:
        found = _INDENTED.search(source.text)
        indent = indentation(source.text, section.head.span.start) + (found[1] if found else "    ")
    return below(source, statement.span, lines, indent)


def add_words(source: Text, statement: Statement, words: str) -> Edit:
    """`words` at the statement's end."""
    return Edit(source.path, Span(statement.span.end, statement.span.end), " " + words)


def quoted(text: str) -> str:
    """The word as it must be written to be read back; nothing in it is expanded. A line end cannot
    stand in single quotes, nor can a single quote."""
    if _PLAIN.fullmatch(text):
        return text
    if "'" not in text and "\n" not in text and "\r" not in text:
        return f"'{text}'" if any(sign in text for sign in '"\\$') else f'"{text}"'
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return '"' + escaped.replace("\n", "\\n").replace("\r", "\\r") + '"'
